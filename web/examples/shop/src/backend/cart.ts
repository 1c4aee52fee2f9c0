import type { Store } from "../lib/store";
import type { CartDocument, Counts } from "../model/cart";

export interface CartState {
  ready: boolean;
  counts: Counts;
  /** The account's cart as the server has it; null without an account, and while a change is not answered yet. */
  saved: CartDocument | null;
}

/** A cart: the browser's, or an account's. */
export interface Cart {
  readonly state: Store<CartState>;
  /** Follow it until the returned function is called. */
  open(failed: (error: unknown) => void): () => void;
  /** Have so many of a product in it; none of it with 0. */
  set(product: string, count: number): Promise<void>;
}
