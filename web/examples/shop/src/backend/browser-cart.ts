import { Store } from "../lib/store";
import { changed, MOST } from "../model/cart";
import type { Counts } from "../model/cart";
import type { Cart, CartState } from "./cart";

const KEY = "shop:cart";

/** The cart of somebody without an account. All tabs of the browser have the same. */
export class BrowserCart implements Cart {
  readonly state = new Store<CartState>(stateOf(read()));

  open(): () => void {
    const heard = ({ key }: StorageEvent) => {
      if (key === KEY || key === null) this.state.update(() => stateOf(read()));
    };
    window.addEventListener("storage", heard);
    return () => window.removeEventListener("storage", heard);
  }

  async set(product: string, count: number): Promise<void> {
    this.put(changed(this.state.get().counts, { [product]: count > 0 ? count : null }));
  }

  put(counts: Counts): void {
    localStorage.setItem(KEY, JSON.stringify(counts));
    this.state.update(() => stateOf(counts));
  }

  /** What is in it, for an account's cart. No other tab can take it too. */
  take(): Counts {
    const counts = read();
    if (Object.keys(counts).length > 0) this.put({});
    return counts;
  }
}

function stateOf(counts: Counts): CartState {
  return { ready: true, counts, saved: null };
}

/** Anybody can write into the browser's storage, and a browser may have none. */
function read(): Counts {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return Object.fromEntries(Object.entries(found as object).filter(([, count]) => isCount(count)));
  } catch {
    return {};
  }
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= MOST;
}
