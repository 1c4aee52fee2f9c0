import type { User } from "backpack-sdk";

import { useTitle } from "../../hooks/use-title";
import { isStaff } from "../../model/people";
import { Link } from "../link";
import { LiveStatus } from "../live-status";
import { MissingPage } from "../missing-page";
import { OrderDesk } from "./order-desk";
import { StockDesk } from "./stock-desk";
import "./admin-page.css";

const SECTIONS = [
  { id: "", name: "To send", desk: <OrderDesk key="placed" status="placed" /> },
  { id: "sent", name: "Sent", desk: <OrderDesk key="sent" status="sent" /> },
  { id: "products", name: "Products", desk: <StockDesk /> },
];

/** For staff. Somebody else who gets here sees nothing: the rules hide what it would show, and take no change. */
export function AdminPage({ user, section }: { user: User; section: string }) {
  useTitle("Back office");
  if (!isStaff(user)) return <MissingPage what="The back office is for staff" />;
  const current = SECTIONS.find(({ id }) => id === section);
  if (current === undefined) return <MissingPage what="There is no such page" />;
  return (
    <div className="page">
      <div className="page-head">
        <h1>Back office</h1>
        <LiveStatus />
      </div>
      <nav className="tabs" aria-label="Back office">
        {SECTIONS.map(({ id, name }) => (
          <Link
            key={id}
            href={id === "" ? "/admin" : `/admin/${id}`}
            data-testid={`admin-${id || "placed"}`}
            aria-current={id === section && "page"}
          >
            {name}
          </Link>
        ))}
      </nav>
      {current.desk}
    </div>
  );
}
