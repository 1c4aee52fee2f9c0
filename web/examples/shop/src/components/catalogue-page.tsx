import { useCatalogue } from "../hooks/use-catalogue";
import { useTitle } from "../hooks/use-title";
import { rename, useLocation } from "../lib/router";
import { addressOf, queryOf } from "../model/query";
import type { CatalogueQuery } from "../model/query";
import { CatalogueFilter } from "./catalogue-filter";
import { ProductCard } from "./product-card";
import "./catalogue-page.css";

const SKELETONS = Array.from({ length: 8 }, (_, place) => place);

export function CataloguePage() {
  useTitle("Good things");
  const query = queryOf(useLocation());
  const { items, next, total, busy, problem, more, retry } = useCatalogue(query);
  const change = (part: Partial<CatalogueQuery>) => rename(addressOf({ ...query, ...part }));
  const empty = items.length === 0;

  return (
    <div className="page">
      <h1>Good things for every day</h1>
      <CatalogueFilter query={query} onChange={change} />
      <p className="catalogue-count" role="status" data-testid="count">
        {busy === "list" ? "Looking…" : `${total} ${total === 1 ? "product" : "products"}`}
      </p>
      <ul className="catalogue" data-testid="catalogue" aria-busy={busy === "list"}>
        {items.map((product) => (
          <ProductCard key={product.id} product={product} />
        ))}
        {empty && busy === "list" && SKELETONS.map((place) => <li key={place} className="product-skeleton" />)}
      </ul>
      {empty && busy === null && problem === null && (
        <div className="catalogue-empty" data-testid="nothing-found">
          <p>Nothing in the shop fits.</p>
          <button type="button" className="button quiet" onClick={() => change({ search: "", category: null })}>
            Show everything
          </button>
        </div>
      )}
      {problem !== null && (
        <div className="catalogue-empty" role="alert">
          <p className="problem">{problem}</p>
          <button type="button" className="button quiet" onClick={retry}>
            Try again
          </button>
        </div>
      )}
      {next !== null && problem === null && (
        <button type="button" className="button quiet more" data-testid="more" disabled={busy !== null} onClick={more}>
          {busy === "more" ? "Loading…" : `Show more (${total - items.length})`}
        </button>
      )}
    </div>
  );
}
