/** The cards as the server told them, with this browser's unanswered changes on top. */

import type { CardDocument, ColumnId } from "./card";
import { inOrder } from "./order";

/** A change that the server has not answered yet. Taking it away again rolls it back. */
export interface Edit {
  id: string;
  apply(card: CardDocument | undefined): CardDocument | undefined;
}

export interface Cards {
  saved: ReadonlyMap<string, CardDocument>;
  /** Deleted cards, so that an answer that comes late does not bring one back. */
  gone: ReadonlySet<string>;
  edits: readonly Edit[];
}

export const NO_CARDS: Cards = { saved: new Map(), gone: new Set(), edits: [] };

export function replaceAll(cards: Cards, items: readonly CardDocument[]): Cards {
  return { ...cards, saved: new Map(items.map((card) => [card.id, card])), gone: new Set() };
}

/** Changes and the answers of writes overtake each other, so the higher version wins. */
export function put(cards: Cards, card: CardDocument): Cards {
  const known = cards.saved.get(card.id);
  if (cards.gone.has(card.id) || (known !== undefined && known.version >= card.version)) return cards;
  return { ...cards, saved: new Map(cards.saved).set(card.id, card) };
}

export function remove(cards: Cards, id: string): Cards {
  const saved = new Map(cards.saved);
  saved.delete(id);
  return { ...cards, saved, gone: new Set(cards.gone).add(id) };
}

export function begin(cards: Cards, edit: Edit): Cards {
  return { ...cards, edits: [...cards.edits, edit] };
}

export function end(cards: Cards, edit: Edit): Cards {
  return { ...cards, edits: cards.edits.filter((other) => other !== edit) };
}

/** What the person sees. */
export function visible(cards: Cards): Map<string, CardDocument> {
  const seen = new Map(cards.saved);
  for (const edit of cards.edits) {
    const card = edit.apply(seen.get(edit.id));
    if (card === undefined) seen.delete(edit.id);
    else seen.set(edit.id, card);
  }
  return seen;
}

export type Columns = Readonly<Record<ColumnId, readonly CardDocument[]>>;

export function inColumns(cards: Iterable<CardDocument>): Columns {
  const columns: Record<ColumnId, CardDocument[]> = { todo: [], doing: [], done: [] };
  for (const card of [...cards].sort(inOrder)) columns[card.column].push(card);
  return columns;
}
