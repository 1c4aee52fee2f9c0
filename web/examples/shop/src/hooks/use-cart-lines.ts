import { linesOf, totalOf } from "../model/cart";
import type { CartLine } from "../model/cart";
import type { Product } from "../model/product";
import { useLive } from "./use-live";
import { useCart } from "./use-shop";

export type CartLines =
  | { phase: "loading" }
  | { phase: "failed"; message: string }
  | { phase: "ready"; lines: readonly CartLine[]; total: number };

/** What is in the cart, with prices and stock as they are now. */
export function useCartLines(): CartLines {
  const { ready, counts } = useCart();
  const ids = Object.keys(counts).sort();
  const products = useLive<Product>("products", ids.length === 0 ? null : { filter: { id: { $in: ids } } });
  if (products.phase === "failed") return products;
  if (!ready || products.phase === "loading") return { phase: "loading" };
  const lines = linesOf(counts, products.items);
  return { phase: "ready", lines, total: totalOf(lines) };
}
