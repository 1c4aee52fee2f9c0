import type { Order } from "../model/order";

const WORDS = { placed: "Placed", sent: "Sent" };

export function OrderStatus({ status }: Pick<Order, "status">) {
  return (
    <span className="order-status" role="status" data-testid="status" data-status={status}>
      {WORDS[status]}
    </span>
  );
}
