import { isBackpackError } from "backpack-sdk";
import type { Backpack } from "backpack-sdk";

import { doubts, shortages } from "../model/order";
import type { Order, OrderDocument } from "../model/order";
import type { Product, ProductDocument } from "../model/product";

/** What speaks against sending an order, by the catalogue as it was when the order was made, and as it is now. */
export async function examine(backpack: Backpack, order: OrderDocument): Promise<string[]> {
  const products = backpack.collection<Product>("products");
  const ids = order.lines.map(({ product }) => product);
  const then = await Promise.all(ids.map((id) => products.get(id, { asOf: order.createdAt }).catch(nullWhenAbsent)));
  const now = await products.list({ filter: { id: { $in: ids } }, limit: ids.length });
  return [...doubts(order, then), ...shortages(order, now.items)];
}

/** Mark an order as sent and take its things out of the stock: both happen, or neither. */
export async function send(backpack: Backpack, order: OrderDocument): Promise<void> {
  const batch = backpack.batch();
  for (const { product, count } of order.lines) {
    batch.collection<Product>("products").update(product, { $inc: { stock: -count } });
  }
  batch.collection<Order>("orders").update(order.id, { status: "sent" }, { ifMatch: order });
  await batch.commit();
}

/** Change what a product costs and how many there are, if it is still as it was read. */
export async function reprice(
  backpack: Backpack,
  product: ProductDocument,
  change: Pick<Product, "price" | "stock">,
): Promise<void> {
  await backpack.collection<Product>("products").update(product.id, change, { ifMatch: product });
}

function nullWhenAbsent(error: unknown): null {
  if (isBackpackError(error) && error.code === "document_not_found") return null;
  throw error;
}
