import { money } from "../model/money";
import { availability, FEW } from "../model/product";
import type { ProductDocument } from "../model/product";
import { AddButton } from "./add-button";
import { Link } from "./link";
import { ProductArt } from "./product-art";
import "./product-card.css";

export function ProductCard({ product }: { product: ProductDocument }) {
  return (
    <li className="product-card" data-testid="product" data-product={product.id}>
      <ProductArt product={product} />
      <h2>
        {/* It covers the whole card, so that all of it can be clicked. */}
        <Link href={`/product/${product.id}`} className="product-link">
          {product.title}
        </Link>
      </h2>
      <p className="product-price" data-testid="price">
        {money(product.price)}
      </p>
      <p className="product-stock" data-few={product.stock <= FEW}>
        {availability(product)}
      </p>
      <AddButton product={product} />
    </li>
  );
}
