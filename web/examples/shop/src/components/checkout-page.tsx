import type { User } from "backpack-sdk";

import { useCartLines } from "../hooks/use-cart-lines";
import { useTitle } from "../hooks/use-title";
import { problemOf } from "../model/cart";
import { money } from "../model/money";
import { EmptyCart } from "./cart-page";
import { CheckoutForm } from "./checkout-form";
import { Link } from "./link";
import "./checkout-page.css";

export function CheckoutPage({ user }: { user: User }) {
  useTitle("Check out");
  const cart = useCartLines();
  if (cart.phase === "loading") return <p className="page-message">Fetching the cart…</p>;
  if (cart.phase === "failed") return <p className="page-message problem">{cart.message}</p>;
  if (cart.lines.length === 0) return <EmptyCart />;
  const possible = cart.lines.every((line) => problemOf(line) === null);
  return (
    <div className="page checkout">
      <h1>Check out</h1>
      <section className="panel" aria-label="What you order">
        <ul className="checkout-lines">
          {cart.lines.map(({ id, count, product }) => (
            <li key={id}>
              <span>
                {count} × {product.title}
              </span>
              <span>{money(product.price * count)}</span>
            </li>
          ))}
        </ul>
        <p className="sum">
          Total <strong>{money(cart.total)}</strong>
        </p>
        {!possible && (
          <p className="problem" role="alert">
            Something in the cart is not there any more. <Link href="/cart">Change the cart</Link>
          </p>
        )}
      </section>
      <CheckoutForm user={user} lines={cart.lines} possible={possible} />
    </div>
  );
}
