import { useState } from "react";

import { money } from "../../model/money";
import { numberOf } from "../../model/order";
import type { OrderDocument } from "../../model/order";
import { when } from "../../model/time";
import { OrderLines } from "../order-lines";
import { OrderExam } from "./order-exam";
import "./order-row.css";

/** An order in a line, which opens. It is examined when it is opened: that asks for each of its products. */
export function OrderRow({ order }: { order: OrderDocument }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <details
        className="order-row"
        data-testid="order-row"
        data-order={order.id}
        onToggle={(event) => setOpen(event.currentTarget.open)}
      >
        <summary>
          <strong>{numberOf(order)}</strong>
          <span className="order-row-name">{order.name}</span>
          <time className="muted" dateTime={order.createdAt}>
            {when(order.createdAt)}
          </time>
          <span className="order-row-total">{money(order.total)}</span>
        </summary>
        {open && (
          <div className="order-row-body">
            <OrderLines order={order} />
            <address>
              {order.name}
              <br />
              {order.address}
            </address>
            {order.status === "placed" && <OrderExam order={order} />}
          </div>
        )}
      </details>
    </li>
  );
}
