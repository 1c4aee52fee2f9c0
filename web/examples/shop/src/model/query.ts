import type { ListOptions } from "backpack-sdk";

import { CATEGORIES } from "./product";
import type { CategoryId, Product } from "./product";

export const SORTS = [
  { id: "newest", name: "Newest first", sort: "-createdAt" },
  { id: "cheapest", name: "Price, low to high", sort: "price" },
  { id: "dearest", name: "Price, high to low", sort: "-price" },
] as const;

export type SortId = (typeof SORTS)[number]["id"];

/** What of the catalogue is looked at. It stands in the address, so it can be linked, and survives a reload. */
export interface CatalogueQuery {
  search: string;
  category: CategoryId | null;
  sort: SortId;
}

/** A search takes words up to a length; nobody types more than this. */
export const LONGEST = 80;

export function queryOf({ searchParams: asked }: URL): CatalogueQuery {
  return {
    search: (asked.get("q") ?? "").slice(0, LONGEST),
    category: CATEGORIES.find(({ id }) => id === asked.get("category"))?.id ?? null,
    sort: SORTS.find(({ id }) => id === asked.get("sort"))?.id ?? "newest",
  };
}

export function addressOf({ search, category, sort }: CatalogueQuery): string {
  const asked = new URLSearchParams({
    ...(search !== "" && { q: search }),
    ...(category !== null && { category }),
    ...(sort !== "newest" && { sort }),
  });
  return asked.size === 0 ? "/" : `/?${asked}`;
}

export function optionsOf({ search, category, sort }: CatalogueQuery): ListOptions<Product> {
  const words = wordsOf(search);
  return {
    filter: { ...(category !== null && { category }), ...(words !== "" && { $text: { $search: words } }) },
    sort: SORTS.find(({ id }) => id === sort)?.sort ?? "-createdAt",
  };
}

/** Each word may be only begun, and nothing that is typed is read as an operator of the search. */
function wordsOf(search: string): string {
  const words = search.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.slice(0, 10).map((word) => `${word}*`).join(" ");
}
