import { useShop } from "../hooks/use-shop";
import { MOST } from "../model/cart";
import type { ProductDocument } from "../model/product";
import "./count-field.css";

/** How many of a product are in the cart, with a button for less and one for more. */
export function CountField({ product, count }: { product: ProductDocument; count: number }) {
  const { cart, attempt } = useShop();
  const set = (next: number) => void attempt("The cart could not be changed.", cart.set(product.id, next));
  return (
    <div className="count-field" role="group" aria-label={`Number of ${product.title}`}>
      <button
        type="button"
        className="button icon"
        aria-label="One less"
        data-testid="less"
        onClick={() => set(count - 1)}
      >
        −
      </button>
      <output data-testid="line-count">{count}</output>
      <button
        type="button"
        className="button icon"
        aria-label="One more"
        data-testid="more-of-it"
        disabled={count >= Math.min(product.stock, MOST)}
        onClick={() => set(count + 1)}
      >
        +
      </button>
    </div>
  );
}
