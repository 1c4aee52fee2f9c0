import { isBackpackError } from "backpack-sdk";
import { useEffect, useState } from "react";

import { examine, send } from "../../backend/back-office";
import { backpack } from "../../backpack";
import type { OrderDocument } from "../../model/order";
import { explain } from "../../model/problems";

/** The stock cannot fall below nothing: the schema of products says so. */
function reason(error: unknown): string {
  const short = isBackpackError(error) && error.code === "schema_violated";
  return short ? "There is not enough in stock." : explain(error);
}

/** What speaks against sending an order, and the button that sends it. */
export function OrderExam({ order }: { order: OrderDocument }) {
  const [doubts, setDoubts] = useState<readonly string[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    let wanted = true;
    examine(backpack, order).then(
      (found) => wanted && setDoubts(found),
      (error: unknown) => wanted && setDoubts([`It could not be examined. ${explain(error)}`]),
    );
    return () => {
      wanted = false;
    };
  }, [order]);

  const submit = async () => {
    setBusy(true);
    setProblem(null);
    try {
      // The order leaves this list with the change that the live query tells.
      await send(backpack, order);
    } catch (error) {
      setProblem(reason(error));
      setBusy(false);
    }
  };

  if (doubts === null) return <p className="muted">Examining…</p>;
  const clean = doubts.length === 0;
  return (
    <div className="order-exam">
      {clean && <p className="good">Prices and total are the catalogue’s.</p>}
      {!clean && (
        <ul className="problem" data-testid="doubts">
          {doubts.map((doubt) => (
            <li key={doubt}>{doubt}</li>
          ))}
        </ul>
      )}
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <button
        type="button"
        className={`button ${clean ? "primary" : "quiet"}`}
        data-testid="send"
        disabled={busy}
        onClick={() => void submit()}
      >
        {clean ? "Mark as sent" : "Mark as sent all the same"}
      </button>
    </div>
  );
}
