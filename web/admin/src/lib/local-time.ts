const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/** A time as a field for local dates and times has it, to the second: 2026-01-31T09:30:59. */
export function toLocalInput(time: Date): string {
  const shifted = new Date(time.getTime() - time.getTimezoneOffset() * MINUTE_MS);
  return shifted.toISOString().slice(0, 19);
}

/** What was entered in such a field, or null. */
export function fromLocalInput(text: string): Date | null {
  const time = new Date(text);
  return text === "" || Number.isNaN(time.getTime()) ? null : time;
}

/** The next whole second: nothing before the time itself is outside. */
export function atLeast(time: Date): Date {
  return new Date(Math.ceil(time.getTime() / SECOND_MS) * SECOND_MS);
}
