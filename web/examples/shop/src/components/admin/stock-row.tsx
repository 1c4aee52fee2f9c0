import { useState } from "react";
import type { FormEvent } from "react";

import { reprice } from "../../backend/back-office";
import { backpack } from "../../backpack";
import { amount, centsOf } from "../../model/money";
import type { ProductDocument } from "../../model/product";
import { explain } from "../../model/problems";
import { ProductArt } from "../product-art";
import "./stock-row.css";

/** What is being written, and of which version: what others have changed since then is not written over. */
interface Draft {
  price: string;
  stock: string;
  read: ProductDocument;
}

export function StockRow({ product }: { product: ProductDocument }) {
  const saved = { price: amount(product.price), stock: String(product.stock), read: product };
  const [draft, setDraft] = useState<Draft | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const shown = draft ?? saved;

  const input = (name: "price" | "stock", label: string) => ({
    className: "input",
    inputMode: name === "price" ? ("decimal" as const) : ("numeric" as const),
    "aria-label": `${label} of ${product.title}`,
    "data-testid": `${name}-of-${product.id}`,
    value: shown[name],
    onChange: (event: { target: { value: string } }) => setDraft({ ...shown, [name]: event.target.value }),
  });

  const drop = () => {
    setDraft(null);
    setProblem(null);
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const price = centsOf(shown.price);
    const stock = /^\d{1,6}$/.test(shown.stock) ? Number(shown.stock) : null;
    if (price === null || stock === null) return setProblem("A price is like 12.50, a stock like 7.");
    try {
      await reprice(backpack, shown.read, { price, stock });
      drop();
    } catch (error) {
      setProblem(explain(error));
    }
  };

  return (
    <li>
      <form className="stock-row" data-testid="stock-row" data-product={product.id} onSubmit={submit} noValidate>
        <ProductArt product={product} />
        <strong>{product.title}</strong>
        <span className="stock-fields">
          <span aria-hidden="true">€</span>
          <input {...input("price", "Price")} />
          <input {...input("stock", "Stock")} />
          <span className="muted">in stock</span>
        </span>
        <span className="stock-actions" hidden={draft === null}>
          <button type="submit" className="button primary" data-testid={`save-${product.id}`}>
            Save
          </button>
          <button type="button" className="button quiet" onClick={drop}>
            Cancel
          </button>
        </span>
        {problem !== null && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
      </form>
    </li>
  );
}
