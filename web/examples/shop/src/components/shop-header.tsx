import { backpack } from "../backpack";
import { useCart, useShop } from "../hooks/use-shop";
import { useLocation } from "../lib/router";
import { itemsIn } from "../model/cart";
import { isStaff, nameOf } from "../model/people";
import { Link } from "./link";
import { ShopMark } from "./shop-mark";
import "./shop-header.css";

export function ShopHeader() {
  const { user, attempt } = useShop();
  const items = itemsIn(useCart().counts);
  const { pathname } = useLocation();
  const link = (href: string) => {
    const current = pathname.startsWith(href) ? ("page" as const) : undefined;
    return { href, className: "nav-link", "aria-current": current };
  };
  return (
    <header className="shop-header">
      <Link href="/" className="shop-name">
        <ShopMark />
        Corner Shop
      </Link>
      <nav aria-label="Shop">
        {user !== null && isStaff(user) && (
          <Link {...link("/admin")} data-testid="to-admin">
            Back office
          </Link>
        )}
        <Link {...link("/orders")} data-testid="to-orders">
          {user === null ? "Sign in" : "Orders"}
        </Link>
        <Link {...link("/cart")} data-testid="to-cart" aria-label={`Cart, ${items} ${items === 1 ? "item" : "items"}`}>
          Cart
          {items > 0 && (
            <span className="cart-count" data-testid="cart-count">
              {items}
            </span>
          )}
        </Link>
      </nav>
      {user !== null && (
        <button
          type="button"
          className="button quiet"
          data-testid="sign-out"
          title={`Signed in as ${nameOf(user)}`}
          onClick={() => void attempt("Signing out failed.", backpack.auth.logout())}
        >
          Sign out
        </button>
      )}
    </header>
  );
}
