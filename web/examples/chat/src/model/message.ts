import type { Document } from "backpack-sdk";

export const LONGEST = 4000;

export interface Message {
  /** The id of its room. */
  room: string;
  text: string;
  /** The name of whoever wrote it. People may only read their own account, so the message carries the name. */
  author: string;
  edited?: true;
}

export type MessageDocument = Document<Message>;

/** A message that the server does not have yet: on its way, or with the problem that keeps it here. */
export interface Unsent {
  message: MessageDocument;
  problem: string | null;
}

/** By time; the id decides between two of the same millisecond, as it does at the server. */
export function inOrder(a: MessageDocument, b: MessageDocument): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
