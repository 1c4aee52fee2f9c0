import type { Backpack } from "backpack-sdk";

import { Store } from "../lib/store";
import { explain } from "../model/problems";
import type { Product, ProductDocument } from "../model/product";
import { optionsOf } from "../model/query";
import type { CatalogueQuery } from "../model/query";

export interface CatalogueState {
  items: readonly ProductDocument[];
  /** The cursor of the following page. */
  next: string | null;
  total: number;
  /** What is being asked for: another list, or more of this one. */
  busy: "list" | "more" | null;
  problem: string | null;
}

const PAGE = 12;
const NOTHING: CatalogueState = { items: [], next: null, total: 0, busy: "list", problem: null };

/** The list of products that is looked at, page by page. It outlives its page, so going back finds it as it was. */
export class Catalogue {
  readonly state = new Store(NOTHING);
  readonly #backpack: Backpack;
  #query: CatalogueQuery | null = null;
  #request = new AbortController();

  constructor(backpack: Backpack) {
    this.#backpack = backpack;
  }

  /** Show what this asks for, unless it is shown already. */
  show(query: CatalogueQuery): void {
    if (JSON.stringify(query) === JSON.stringify(this.#query)) return;
    this.#query = query;
    void this.#list(query);
  }

  more(): void {
    const { next, busy } = this.state.get();
    if (this.#query !== null && next !== null && busy === null) void this.#list(this.#query, next);
  }

  /** Ask again for what failed. */
  retry(): void {
    const { items, next } = this.state.get();
    if (this.#query !== null) void this.#list(this.#query, items.length > 0 ? next : null);
  }

  async #list(query: CatalogueQuery, cursor: string | null = null): Promise<void> {
    this.#request.abort();
    this.#request = new AbortController();
    const { signal } = this.#request;
    this.state.update((state) => ({ ...state, busy: cursor === null ? "list" : "more", problem: null }));
    try {
      const products = this.#backpack.collection<Product>("products");
      const start = cursor === null ? { count: true } : { cursor };
      const page = await products.list({ ...optionsOf(query), ...start, limit: PAGE, signal });
      if (signal.aborted) return;
      this.state.update(({ items, total }) => ({
        items: cursor === null ? page.items : [...items, ...page.items],
        next: page.next,
        total: page.total ?? total,
        busy: null,
        problem: null,
      }));
    } catch (error) {
      if (signal.aborted) return;
      // What is there of another list would pass for this one.
      const kept = cursor === null ? NOTHING : this.state.get();
      this.state.update(() => ({ ...kept, busy: null, problem: explain(error) }));
    }
  }
}
