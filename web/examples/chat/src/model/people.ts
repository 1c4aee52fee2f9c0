import type { Member, User } from "backpack-sdk";

/** Names of the colours in avatar.css. */
const COLORS = ["indigo", "teal", "rose", "amber", "violet", "sky", "green", "slate"] as const;

export type Color = (typeof COLORS)[number];

export interface Person {
  id: string;
  name: string;
}

/** Somebody who is in the room now. */
export interface Present extends Person {
  typing: boolean;
}

/** Who is signed in; null when the account has no name yet, as one that a provider made may. */
export function personOf({ id, name }: User): Person | null {
  return typeof name === "string" && name.trim() !== "" ? { id, name } : null;
}

/** The same person has the same colour everywhere. */
export function colorOf(id: string): Color {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return COLORS[hash % COLORS.length] ?? "slate";
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const last = words.length > 1 ? words.at(-1) : undefined;
  return [words[0], last].map((word) => [...(word ?? "")][0]?.toUpperCase() ?? "").join("") || "?";
}

/** Who is here, each once, however many tabs they have open; typing in one of them is typing. */
export function peopleOf(members: readonly Member[]): Present[] {
  const people = new Map<string, Present>();
  for (const { user, presence } of members) {
    if (user === null) continue;
    const name = typeof presence["name"] === "string" ? presence["name"] : "Someone";
    const typing = presence["typing"] === true || people.get(user.id)?.typing === true;
    people.set(user.id, { id: user.id, name, typing });
  }
  return [...people.values()].sort((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
}
