import { useLive } from "../../hooks/use-live";
import type { Product } from "../../model/product";
import { StockRow } from "./stock-row";

export function StockDesk() {
  const live = useLive<Product>("products", { limit: 1000 });
  if (live.phase === "loading") return <p className="desk-message">Fetching the products…</p>;
  if (live.phase === "failed") return <p className="desk-message problem">{live.message}</p>;
  const products = [...live.items].sort((a, b) => a.title.localeCompare(b.title));
  return (
    <>
      <ul className="desk">
        {products.map((product) => (
          <StockRow key={product.id} product={product} />
        ))}
      </ul>
      {live.truncated && <p className="page-note">There are more products than these.</p>}
    </>
  );
}
