import type { Document } from "backpack-sdk";

import type { ProductDocument } from "./product";

/** How many of which product, by the product's id. */
export type Counts = Readonly<Record<string, number>>;

/** What the collection `carts` holds: one document for each user, whose id is the user's. */
export interface CartFields {
  counts: Record<string, number>;
}

export type CartDocument = Document<CartFields>;

/** Of one product in one cart; the collection's schema says the same. */
export const MOST = 20;

export interface CartLine {
  id: string;
  count: number;
  product: ProductDocument;
}

/** Of a product with a count of null nothing is left. */
export function changed(counts: Counts, changes: Readonly<Record<string, number | null>>): Record<string, number> {
  const next: Record<string, number> = { ...counts };
  for (const [id, count] of Object.entries(changes)) {
    if (count === null) delete next[id];
    else next[id] = count;
  }
  return next;
}

/** What has to change in one cart so that the other one's things are in it too. */
export function added(counts: Counts, more: Counts): Record<string, number> {
  return Object.fromEntries(
    Object.entries(more).map(([id, count]) => [id, Math.min(MOST, (counts[id] ?? 0) + count)]),
  );
}

export function itemsIn(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** In the order of their titles, so that no line jumps when its count is changed. */
export function linesOf(counts: Counts, products: readonly ProductDocument[]): CartLine[] {
  return products
    .map((product) => ({ id: product.id, count: counts[product.id] ?? 0, product }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => a.product.title.localeCompare(b.product.title) || (a.id < b.id ? -1 : 1));
}

export function totalOf(lines: readonly { count: number; product: { price: number } }[]): number {
  return lines.reduce((sum, { count, product }) => sum + count * product.price, 0);
}

/** Why a line cannot be ordered as it is. */
export function problemOf({ count, product }: CartLine): string | null {
  if (count <= product.stock) return null;
  return product.stock === 0 ? "Sold out meanwhile" : `Only ${product.stock} left`;
}
