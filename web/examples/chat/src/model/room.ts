import type { Document } from "backpack-sdk";

export interface Room {
  title: string;
  topic?: string;
}

export type RoomDocument = Document<Room>;

export function byTitle(a: RoomDocument, b: RoomDocument): number {
  return a.title.localeCompare(b.title) || (a.id < b.id ? -1 : 1);
}
