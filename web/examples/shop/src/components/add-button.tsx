import { useCart, useShop } from "../hooks/use-shop";
import { MOST } from "../model/cart";
import type { ProductDocument } from "../model/product";

/** Puts one more of a product into the cart. */
export function AddButton({ product, primary = false }: { product: ProductDocument; primary?: boolean }) {
  const { cart, attempt } = useShop();
  const { ready, counts } = useCart();
  const count = counts[product.id] ?? 0;
  const most = Math.min(product.stock, MOST);
  const words = count === 0 ? "Add to cart" : `Add another (${count})`;
  const add = () => attempt("It could not be put into the cart.", cart.set(product.id, count + 1));
  return (
    <button
      type="button"
      className={`button add ${primary ? "primary" : "quiet"}`}
      data-testid="add"
      aria-label={`Add ${product.title} to the cart`}
      disabled={!ready || count >= most}
      onClick={() => void add()}
    >
      {count > 0 && count >= most ? `${count} in cart` : words}
    </button>
  );
}
