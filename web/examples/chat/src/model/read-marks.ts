/** Up to when this browser's person has read each room, by the time of its newest message. */
export type ReadMarks = Readonly<Record<string, string>>;

const keyOf = (person: string) => `chat:read:${person}`;

export function loadMarks(person: string): ReadMarks {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(person)) ?? "{}");
    return typeof kept === "object" && kept !== null ? (kept as ReadMarks) : {};
  } catch {
    // A storage that is closed or spoilt only makes rooms look unread.
    return {};
  }
}

export function keepMarks(person: string, marks: ReadMarks): void {
  try {
    localStorage.setItem(keyOf(person), JSON.stringify(marks));
  } catch {
    // Full, or not allowed: the marks last as long as the page.
  }
}
