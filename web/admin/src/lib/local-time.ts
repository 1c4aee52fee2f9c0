import { formatMoment } from "./format";

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

/** What is wrong with a moment of the past as it is entered, or null. */
export function momentProblem(text: string, earliest: Date, now = new Date()): string | null {
  const time = fromLocalInput(text);
  if (time === null) return "Choose a date and a time.";
  if (time < earliest) return `No snapshot is as old as that. The earliest moment is ${formatMoment(earliest)}.`;
  return time > now ? "Choose a moment that is past." : null;
}

/** What the server says, with its moments in the time of this computer, as all others are. */
export function inLocalTime(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (moment) => formatMoment(new Date(moment)));
}
