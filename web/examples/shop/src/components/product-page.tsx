import { useLive } from "../hooks/use-live";
import { useTitle } from "../hooks/use-title";
import { money } from "../model/money";
import { availability, CATEGORIES, FEW } from "../model/product";
import type { Product, ProductDocument } from "../model/product";
import { AddButton } from "./add-button";
import { Link } from "./link";
import { MissingPage } from "./missing-page";
import { ProductArt } from "./product-art";
import "./product-page.css";

/** One product, with its price and stock as they are now. */
export function ProductPage({ id }: { id: string }) {
  const live = useLive<Product>("products", { filter: { id } });
  if (live.phase === "loading") return <p className="page-message">Fetching it…</p>;
  if (live.phase === "failed") return <p className="page-message problem">{live.message}</p>;
  const [product] = live.items;
  return product === undefined ? <MissingPage what="There is no such product" /> : <ProductDetails product={product} />;
}

function ProductDetails({ product }: { product: ProductDocument }) {
  useTitle(product.title);
  const category = CATEGORIES.find(({ id }) => id === product.category);
  return (
    <div className="page">
      <nav className="trail" aria-label="Where this is">
        <Link href="/">Everything</Link>
        {category && <Link href={`/?category=${category.id}`}>{category.name}</Link>}
      </nav>
      <article className="product-page" data-testid="product-page">
        <ProductArt product={product} />
        <div className="product-details">
          <h1>{product.title}</h1>
          <p className="product-text">{product.text}</p>
          <p className="product-price" data-testid="price">
            {money(product.price)}
          </p>
          <p className="product-stock" data-few={product.stock <= FEW} data-testid="stock">
            {availability(product)}
          </p>
          <div className="product-actions">
            <AddButton product={product} primary />
            <Link href="/cart" className="button quiet">
              To the cart
            </Link>
          </div>
        </div>
      </article>
    </div>
  );
}
