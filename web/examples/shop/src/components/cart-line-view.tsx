import { useShop } from "../hooks/use-shop";
import { problemOf } from "../model/cart";
import type { CartLine } from "../model/cart";
import { money } from "../model/money";
import { CountField } from "./count-field";
import { Link } from "./link";
import { ProductArt } from "./product-art";

export function CartLineView({ line }: { line: CartLine }) {
  const { cart, attempt } = useShop();
  const { id, count, product } = line;
  const problem = problemOf(line);
  return (
    <li className="cart-line" data-testid="cart-line" data-product={id}>
      <ProductArt product={product} />
      <div className="cart-line-what">
        <Link href={`/product/${id}`}>{product.title}</Link>
        <span className="muted">{money(product.price)} each</span>
        {problem !== null && (
          <span className="problem" role="alert">
            {problem}
          </span>
        )}
      </div>
      <CountField product={product} count={count} />
      <strong className="cart-line-sum">{money(product.price * count)}</strong>
      <button
        type="button"
        className="button icon"
        aria-label={`Remove ${product.title}`}
        onClick={() => void attempt("It could not be removed.", cart.set(id, 0))}
      >
        ×
      </button>
    </li>
  );
}
