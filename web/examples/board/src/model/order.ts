import type { CardDocument } from "./card";

export interface Placement {
  id: string;
  position: number;
}

/** By position; the id decides between two cards that were put in the same place at the same time. */
export function inOrder(a: CardDocument, b: CardDocument): number {
  return a.position - b.position || (a.id < b.id ? -1 : 1);
}

/**
 * The positions to write so that the card `id` stands at `index` among `others`.
 *
 * Nearly always it is one. Only when halving has used up the numbers between two neighbours, the whole column is
 * counted anew.
 */
export function place(id: string, index: number, others: readonly Placement[]): Placement[] {
  const position = between(others[index - 1]?.position, others[index]?.position);
  if (position !== null) return [{ id, position }];
  return others
    .map((card) => card.id)
    .toSpliced(index, 0, id)
    .map((card, rank) => ({ id: card, position: rank + 1 }));
}

function between(before: number | undefined, after: number | undefined): number | null {
  if (before === undefined) return after === undefined ? 1 : after - 1;
  if (after === undefined) return before + 1;
  const middle = (before + after) / 2;
  return before < middle && middle < after ? middle : null;
}
