import { useEffect } from "react";

import { Catalogue } from "../backend/catalogue";
import type { CatalogueState } from "../backend/catalogue";
import { backpack } from "../backpack";
import { useStore } from "../lib/store";
import type { CatalogueQuery } from "../model/query";

const catalogue = new Catalogue(backpack);
const TYPING_MS = 150;

/** What the catalogue has for a query that changes while somebody types. */
export function useCatalogue(query: CatalogueQuery): CatalogueState & Pick<Catalogue, "more" | "retry"> {
  const asked = JSON.stringify(query);

  useEffect(() => {
    const wanted = JSON.parse(asked) as CatalogueQuery;
    const timer = setTimeout(() => catalogue.show(wanted), wanted.search === "" ? 0 : TYPING_MS);
    return () => clearTimeout(timer);
  }, [asked]);

  return { ...useStore(catalogue.state), more: () => catalogue.more(), retry: () => catalogue.retry() };
}
