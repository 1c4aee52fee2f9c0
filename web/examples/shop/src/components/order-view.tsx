import { numberOf } from "../model/order";
import type { OrderDocument } from "../model/order";
import { when } from "../model/time";
import { OrderLines } from "./order-lines";
import { OrderStatus } from "./order-status";

export function OrderView({ order }: { order: OrderDocument }) {
  return (
    <li className="panel order" data-testid="order" data-order={order.id}>
      <div className="order-head">
        <div>
          <h2>Order {numberOf(order)}</h2>
          <time className="muted" dateTime={order.createdAt}>
            {when(order.createdAt)}
          </time>
        </div>
        <OrderStatus status={order.status} />
      </div>
      <OrderLines order={order} />
    </li>
  );
}
