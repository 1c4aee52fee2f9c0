import { isBackpackError } from "backpack-sdk";
import type { Backpack } from "backpack-sdk";

import { Store } from "../lib/store";
import { added, changed, itemsIn } from "../model/cart";
import type { CartDocument, CartFields } from "../model/cart";
import type { BrowserCart } from "./browser-cart";
import type { Cart, CartState } from "./cart";

type Changes = Readonly<Record<string, number | null>>;

/**
 * The cart of an account: one document, whose id is the user's, live in every tab and on every device.
 *
 * A change shows at once. As long as one is not answered, what others tell waits, so that no count jumps back.
 */
export class AccountCart implements Cart {
  readonly state = new Store<CartState>({ ready: false, counts: {}, saved: null });
  readonly #backpack: Backpack;
  readonly #user: string;
  readonly #browser: BrowserCart;
  #saved: CartDocument | null = null;
  #unanswered = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(backpack: Backpack, user: string, browser: BrowserCart) {
    this.#backpack = backpack;
    this.#user = user;
    this.#browser = browser;
  }

  get #carts() {
    return this.#backpack.collection<CartFields>("carts");
  }

  open(failed: (error: unknown) => void): () => void {
    const subscription = this.#carts.subscribe(
      { filter: { id: this.#user } },
      {
        snapshot: ([cart]) => {
          this.#saved = cart ?? null;
          this.#show();
          this.#adopt().catch(failed);
        },
        change: (change) => {
          if (change.op === "delete") this.#saved = null;
          else this.#arrived(change.document);
          this.#show();
        },
        error: failed,
      },
    );
    return () => subscription.close();
  }

  async set(product: string, count: number): Promise<void> {
    await this.#change({ [product]: count > 0 ? count : null });
  }

  /** What was put into the browser's cart before there was an account, or before signing in, is the account's now. */
  async #adopt(): Promise<void> {
    const brought = this.#browser.take();
    if (itemsIn(brought) === 0) return;
    try {
      await this.#change(added(this.#saved?.counts ?? {}, brought));
    } catch (error) {
      this.#browser.put(brought);
      throw error;
    }
  }

  async #change(changes: Changes): Promise<void> {
    this.#unanswered += 1;
    this.state.update((state) => ({ ...state, counts: changed(state.counts, changes), saved: null }));
    // One after the other: the first may still have to make the cart that the second changes.
    const turn = this.#turn.then(() => this.#write(changes));
    this.#turn = turn.catch(() => undefined);
    try {
      this.#arrived(await turn);
    } finally {
      this.#unanswered -= 1;
      this.#show();
    }
  }

  async #write(changes: Changes): Promise<CartDocument> {
    if (this.#saved === null) {
      try {
        return await this.#carts.create({ id: this.#user, counts: changed({}, changes) });
      } catch (error) {
        if (!isBackpackError(error) || error.code !== "already_exists") throw error;
      }
    }
    // Merged by the server, so that what another tab has put in meanwhile stays.
    return this.#carts.update(this.#user, { counts: changes });
  }

  /** Changes and the answers of writes overtake each other, so the higher version wins. */
  #arrived(cart: CartDocument): void {
    if (this.#saved === null || cart.version > this.#saved.version) this.#saved = cart;
  }

  #show(): void {
    if (this.#unanswered > 0) return;
    this.state.update(() => ({ ready: true, counts: this.#saved?.counts ?? {}, saved: this.#saved }));
  }
}
