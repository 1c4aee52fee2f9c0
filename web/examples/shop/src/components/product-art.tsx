import type { Product } from "../model/product";
import "./product-art.css";

/** Stands where a picture would. The title beside it says what it is. */
export function ProductArt({ product: { emoji, color } }: { product: Product }) {
  return (
    <span className="product-art" data-color={color} aria-hidden="true">
      {emoji}
    </span>
  );
}
