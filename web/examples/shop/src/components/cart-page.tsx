import { useCartLines } from "../hooks/use-cart-lines";
import { useShop } from "../hooks/use-shop";
import { useTitle } from "../hooks/use-title";
import { money } from "../model/money";
import { CartLineView } from "./cart-line-view";
import { Link } from "./link";
import "./cart-page.css";

export function CartPage() {
  useTitle("Your cart");
  const { user } = useShop();
  const cart = useCartLines();
  if (cart.phase === "loading") return <p className="page-message">Fetching the cart…</p>;
  if (cart.phase === "failed") return <p className="page-message problem">{cart.message}</p>;
  if (cart.lines.length === 0) return <EmptyCart />;
  return (
    <div className="page narrow">
      <h1>Your cart</h1>
      <ul className="cart-lines" data-testid="cart-lines">
        {cart.lines.map((line) => (
          <CartLineView key={line.id} line={line} />
        ))}
      </ul>
      <p className="sum">
        Total <strong data-testid="cart-total">{money(cart.total)}</strong>
      </p>
      <div className="page-actions">
        <Link href="/checkout" className="button primary" data-testid="to-checkout">
          Check out
        </Link>
        <Link href="/" className="button quiet">
          Go on looking
        </Link>
      </div>
      {user === null && <p className="page-note">The cart stays in this browser until you sign in to order.</p>}
    </div>
  );
}

export function EmptyCart() {
  return (
    <div className="page-message" data-testid="cart-empty">
      <h1>Your cart is empty</h1>
      <Link href="/" className="button primary">
        Look around
      </Link>
    </div>
  );
}
