import type { Document } from "backpack-sdk";

export const COLUMNS = [
  { id: "todo", name: "To do", empty: "Nothing planned. Add the first card." },
  { id: "doing", name: "Doing", empty: "Drag a card here when you start on it." },
  { id: "done", name: "Done", empty: "Finished cards end up here." },
] as const;

export type Column = (typeof COLUMNS)[number];
export type ColumnId = Column["id"];

export interface Card {
  title: string;
  text?: string;
  column: ColumnId;
  /** Fractional, so that a card moves between two others without touching them. */
  position: number;
  /** The name of whoever made the card. People may only read their own account, so the card carries the name. */
  author: string;
  /** The id of a file. */
  picture?: string;
}

export type CardDocument = Document<Card>;

/** Fields to change; null removes one. */
export interface CardPatch {
  title?: string;
  text?: string;
  column?: ColumnId;
  position?: number;
  picture?: string | null;
}

/** Every signed-in client may write to the collection, so one odd document must not take the board down. */
export function isCard(document: CardDocument): boolean {
  return (
    typeof document.title === "string" &&
    typeof document.author === "string" &&
    Number.isFinite(document.position) &&
    COLUMNS.some((column) => column.id === document.column)
  );
}

export function patched(card: CardDocument, { picture, ...fields }: CardPatch): CardDocument {
  const next = { ...card, ...fields };
  if (picture === null) delete next.picture;
  else if (picture !== undefined) next.picture = picture;
  return next;
}
