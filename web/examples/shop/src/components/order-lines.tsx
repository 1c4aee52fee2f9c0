import { money } from "../model/money";
import type { OrderDocument } from "../model/order";
import "./order-lines.css";

export function OrderLines({ order }: { order: OrderDocument }) {
  return (
    <table className="order-lines">
      <thead className="only-read">
        <tr>
          <th scope="col">Product</th>
          <th scope="col">Price</th>
        </tr>
      </thead>
      <tbody>
        {order.lines.map(({ title, count, price }, index) => (
          <tr key={index}>
            <td>
              {count} × {title}
            </td>
            <td>{money(count * price)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">Total</th>
          <td>{money(order.total)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
