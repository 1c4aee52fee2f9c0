import type { Document } from "backpack-sdk";

import type { CartLine } from "./cart";
import { money } from "./money";
import type { Product, ProductDocument } from "./product";

export interface OrderLine {
  product: string;
  title: string;
  price: number;
  count: number;
}

export interface Order {
  lines: OrderLine[];
  total: number;
  name: string;
  address: string;
  status: "placed" | "sent";
}

export type OrderDocument = Document<Order>;

export interface Recipient {
  name: string;
  address: string;
}

export function orderOf(lines: readonly CartLine[], { name, address }: Recipient): Order {
  const ordered = lines.map(({ id, count, product }) => ({
    product: id,
    title: product.title,
    price: product.price,
    count,
  }));
  return { lines: ordered, total: sumOf(ordered), name, address, status: "placed" };
}

function sumOf(lines: readonly OrderLine[]): number {
  return lines.reduce((sum, { price, count }) => sum + price * count, 0);
}

/**
 * What in an order is not as the shop would have written it.
 *
 * An order is written by its customer, and rules know no other collection: a price that is too low has to be found
 * here. `then` are the products as they were when the order was made; null where there was none.
 */
export function doubts(order: Order, then: readonly (Product | null)[]): string[] {
  const found = order.lines.flatMap(({ title, price }, index) => {
    const product = then[index];
    if (!product) return [`The shop had nothing called “${title}”.`];
    if (product.title !== title) return [`“${title}” was called “${product.title}”.`];
    return product.price === price ? [] : [`${title} cost ${money(product.price)}, and not ${money(price)}.`];
  });
  const sum = sumOf(order.lines);
  return sum === order.total ? found : [...found, `The lines come to ${money(sum)}, and not ${money(order.total)}.`];
}

/** What an order takes that is not there any more. */
export function shortages(order: Order, now: readonly ProductDocument[]): string[] {
  return now.flatMap(({ id, title, stock }) => {
    const wanted = order.lines.reduce((sum, { product, count }) => sum + (product === id ? count : 0), 0);
    return wanted > stock ? [`Of ${title} there are ${stock} left, and not ${wanted}.`] : [];
  });
}

export function newestFirst(a: OrderDocument, b: OrderDocument): number {
  return a.createdAt < b.createdAt ? 1 : -1;
}

/** Short enough to be said on the telephone. Ids ascend in time, so it is their end that tells them apart. */
export function numberOf({ id }: OrderDocument): string {
  return id.slice(-6).toUpperCase();
}
