const LANGUAGE = "en";

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const BYTE_STEP = 1024;

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= BYTE_STEP && unit < BYTE_UNITS.length - 1) {
    value /= BYTE_STEP;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toLocaleString(LANGUAGE, { maximumFractionDigits: digits })} ${BYTE_UNITS[unit]}`;
}

export function formatCount(count: number): string {
  return count.toLocaleString(LANGUAGE);
}

export function formatMoment(time: Date): string {
  return time.toLocaleString(LANGUAGE, { dateStyle: "medium", timeStyle: "medium" });
}

/** A day as the API names it, 2026-01-31: without the year, which the last weeks do not need. */
export function formatDay(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString(LANGUAGE, { timeZone: "UTC", month: "short", day: "numeric" });
}

/** One of them, or many. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const PERIODS = [
  { unit: "year", seconds: 31_536_000 },
  { unit: "month", seconds: 2_592_000 },
  { unit: "week", seconds: 604_800 },
  { unit: "day", seconds: 86_400 },
  { unit: "hour", seconds: 3_600 },
  { unit: "minute", seconds: 60 },
] as const;

const relative = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });

/** How long ago, in full periods; for what is to come, the nearest number of them. */
export function formatAgo(time: Date, now = new Date()): string {
  const seconds = (time.getTime() - now.getTime()) / 1000;
  for (const period of PERIODS) {
    const count = seconds / period.seconds;
    if (Math.abs(count) >= 1) return relative.format(count < 0 ? Math.trunc(count) : Math.round(count), period.unit);
  }
  return "just now";
}
