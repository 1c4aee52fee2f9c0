/** A room's messages as they stand below each other: under days, and in groups of the same author. */

import type { MessageDocument, Unsent } from "./message";
import { dayOf } from "./time";

const GROUP_MS = 5 * 60_000;

export interface Entry {
  message: MessageDocument;
  /** The first of its day, which is told above it. */
  day: string | null;
  /** The first of a group, with the author's name. */
  first: boolean;
  state: "saved" | "sending" | "failed";
  problem: string | null;
}

export function timeline(saved: readonly MessageDocument[], unsent: readonly Unsent[], now: number): Entry[] {
  const entries: Entry[] = [];
  const add = (message: MessageDocument, state: Entry["state"], problem: string | null) => {
    const before = entries.at(-1)?.message;
    const day = dayOf(message.createdAt, now);
    const sameDay = before !== undefined && dayOf(before.createdAt, now) === day;
    const first = !sameDay || !continues(before, message);
    entries.push({ message, day: sameDay ? null : day, first, state, problem });
  };
  for (const message of saved) add(message, "saved", null);
  for (const { message, problem } of unsent) add(message, problem === null ? "sending" : "failed", problem);
  return entries;
}

function continues(before: MessageDocument, message: MessageDocument): boolean {
  const passed = Date.parse(message.createdAt) - Date.parse(before.createdAt);
  return before.owner === message.owner && before.author === message.author && passed < GROUP_MS;
}
