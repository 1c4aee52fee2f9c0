import type { Member } from "backpack-sdk";

/** Names of the colours in avatar.css. Only the name travels, so that no stranger's text becomes a style. */
const COLORS = ["indigo", "teal", "rose", "amber", "violet", "sky", "green", "slate"] as const;

export type Color = (typeof COLORS)[number];

export interface Person {
  id: string;
  name: string;
  color: Color;
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

/** Who is here, each once, however many tabs they have open. */
export function peopleOf(members: readonly Member[]): Person[] {
  const people = new Map<string, Person>();
  for (const { user, presence } of members) {
    if (user !== null) people.set(user.id, personOf(user.id, presence));
  }
  return [...people.values()].sort((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
}

function personOf(id: string, { name, color }: Record<string, unknown>): Person {
  return {
    id,
    name: typeof name === "string" && name.trim() !== "" ? name : "Someone",
    color: COLORS.find((known) => known === color) ?? colorOf(id),
  };
}
