import type { User } from "backpack-sdk";

import { useLive } from "../hooks/use-live";
import { useTitle } from "../hooks/use-title";
import { newestFirst } from "../model/order";
import type { Order } from "../model/order";
import { Link } from "./link";
import { LiveStatus } from "./live-status";
import { OrderView } from "./order-view";
import "./orders-page.css";

/** One's own orders; the shop's word on them arrives while one looks. */
export function OrdersPage({ user }: { user: User }) {
  useTitle("Your orders");
  const live = useLive<Order>("orders", { filter: { owner: user.id }, sort: "-createdAt", limit: 100 });
  if (live.phase === "loading") return <p className="page-message">Fetching your orders…</p>;
  if (live.phase === "failed") return <p className="page-message problem">{live.message}</p>;
  return (
    <div className="page narrow">
      <div className="page-head">
        <h1>Your orders</h1>
        <LiveStatus />
      </div>
      {live.items.length === 0 && (
        <div className="orders-empty" data-testid="no-orders">
          <p>You have not ordered anything yet.</p>
          <Link href="/" className="button primary">
            Look around
          </Link>
        </div>
      )}
      <ul className="orders">
        {[...live.items].sort(newestFirst).map((order) => (
          <OrderView key={order.id} order={order} />
        ))}
      </ul>
      {live.truncated && <p className="page-note">Older orders are not shown.</p>}
    </div>
  );
}
