import { CATEGORIES } from "../model/product";
import { LONGEST, SORTS } from "../model/query";
import type { CatalogueQuery } from "../model/query";
import "./catalogue-filter.css";

interface CatalogueFilterProps {
  query: CatalogueQuery;
  onChange: (part: Partial<CatalogueQuery>) => void;
}

const CHOICES = [{ id: null, name: "Everything" }, ...CATEGORIES];

export function CatalogueFilter({ query, onChange }: CatalogueFilterProps) {
  return (
    <search className="catalogue-filter">
      <input
        type="search"
        className="input"
        data-testid="search"
        aria-label="Search the shop"
        placeholder="Search, for example: walnut"
        maxLength={LONGEST}
        value={query.search}
        onChange={(event) => onChange({ search: event.target.value })}
      />
      <select
        className="input"
        data-testid="sort"
        aria-label="Order"
        value={query.sort}
        onChange={(event) => onChange({ sort: SORTS.find(({ id }) => id === event.target.value)?.id ?? "newest" })}
      >
        {SORTS.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <div className="chips" role="group" aria-label="Category">
        {CHOICES.map(({ id, name }) => (
          <button
            key={id}
            type="button"
            className="chip"
            data-testid={`category-${id ?? "all"}`}
            aria-pressed={query.category === id}
            onClick={() => onChange({ category: id })}
          >
            {name}
          </button>
        ))}
      </div>
    </search>
  );
}
