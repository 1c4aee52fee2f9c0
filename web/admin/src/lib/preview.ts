/** The forms of a preview's label and lifetime; docs/http-api.md has them. */

const MAX = 20;
const LONGEST_DAYS = 3650;
const DAY_S = 86_400;

/** What is wrong with a label, or null. */
export function labelProblem(label: string): string | null {
  if (label === "") return "Choose a label.";
  if (!/^[a-z0-9-]*$/.test(label)) return "Use only the letters a to z, digits and hyphens.";
  if (label.length > MAX) return `Use at most ${MAX} characters.`;
  if (label.includes("--")) return "Use one hyphen at a time.";
  if (label.startsWith("-") || label.endsWith("-")) return "Begin and end with a letter or a digit.";
  return null;
}

/** What is wrong with a number of days as it is typed, or null. */
export function daysProblem(days: string): string | null {
  const count = /^\d+$/.test(days.trim()) ? Number(days) : NaN;
  return count >= 1 && count <= LONGEST_DAYS ? null : `Enter a whole number from 1 to ${LONGEST_DAYS}.`;
}

export function daysInSeconds(days: string): number {
  return Number(days) * DAY_S;
}
