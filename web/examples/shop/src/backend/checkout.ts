import type { Backpack } from "backpack-sdk";

import type { CartDocument, CartFields, CartLine } from "../model/cart";
import { orderOf } from "../model/order";
import type { Order, Recipient } from "../model/order";

/**
 * Order what is in the cart, and empty it: both happen, or neither.
 *
 * Only the very cart that is shown is ordered. So two tabs do not order twice, and nothing is ordered unseen.
 */
export async function placeOrder(
  backpack: Backpack,
  cart: CartDocument,
  lines: readonly CartLine[],
  recipient: Recipient,
): Promise<void> {
  await backpack
    .batch()
    .collection<Order>("orders").create(orderOf(lines, recipient))
    .collection<CartFields>("carts").replace(cart.id, { counts: {} }, { ifMatch: cart })
    .commit();
}
