import { useLive } from "../../hooks/use-live";
import { newestFirst } from "../../model/order";
import type { Order } from "../../model/order";
import { OrderRow } from "./order-row";

const EMPTY = { placed: "Everything is sent.", sent: "Nothing was sent yet." };

/** The orders of everybody, live: first those that have waited longest, or those that were placed last. */
export function OrderDesk({ status }: Pick<Order, "status">) {
  const waiting = status === "placed";
  const sort = waiting ? "createdAt" : "-createdAt";
  const live = useLive<Order>("orders", { filter: { status }, sort, limit: 100 });
  if (live.phase === "loading") return <p className="desk-message">Fetching the orders…</p>;
  if (live.phase === "failed") return <p className="desk-message problem">{live.message}</p>;
  if (live.items.length === 0) return <p className="desk-message">{EMPTY[status]}</p>;
  const orders = [...live.items].sort(newestFirst);
  if (waiting) orders.reverse();
  return (
    <>
      <ul className="desk">
        {orders.map((order) => (
          <OrderRow key={order.id} order={order} />
        ))}
      </ul>
      {live.truncated && <p className="page-note">There are more; these are the first hundred.</p>}
    </>
  );
}
