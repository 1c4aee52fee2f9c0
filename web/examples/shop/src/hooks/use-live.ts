import type { Change, Document, SubscribeOptions } from "backpack-sdk";
import { useEffect, useState } from "react";

import { backpack } from "../backpack";
import { explain } from "../model/problems";

export type Live<T> =
  | { phase: "loading" }
  | { phase: "failed"; message: string }
  | { phase: "ready"; items: readonly Document<T>[]; truncated: boolean };

const NOTHING = { phase: "ready", items: [], truncated: false } as const;

function applied<T extends object>(live: Live<T>, { op, document }: Change<T>): Live<T> {
  if (live.phase !== "ready") return live;
  if (op === "delete") return { ...live, items: live.items.filter(({ id }) => id !== document.id) };
  if (!live.items.some(({ id }) => id === document.id)) return { ...live, items: [...live.items, document] };
  return { ...live, items: live.items.map((item) => (item.id === document.id ? document : item)) };
}

/**
 * The documents of a collection that match, as they are now, in no order; nothing is asked for with null.
 *
 * What was shown stays until other options have an answer.
 */
export function useLive<T extends object>(collection: string, options: SubscribeOptions<T> | null): Live<T> {
  const [live, setLive] = useState<Live<T>>({ phase: "loading" });
  // The same options are another object each time, and would begin anew.
  const asked = JSON.stringify(options);

  useEffect(() => {
    const wanted = JSON.parse(asked) as SubscribeOptions<T> | null;
    if (wanted === null) return undefined;
    const subscription = backpack.collection<T>(collection).subscribe(wanted, {
      snapshot: (items, { truncated }) => setLive({ phase: "ready", items, truncated }),
      change: (change) => setLive((before) => applied(before, change)),
      error: (error) => setLive({ phase: "failed", message: explain(error) }),
    });
    return () => subscription.close();
  }, [collection, asked]);

  return options === null ? NOTHING : live;
}
