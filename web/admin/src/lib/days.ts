import type { UsageDay } from "../api/types";

/** The last days up to today, the oldest first; those that the server leaves out had no requests. */
export function lastDays(days: readonly UsageDay[], count: number, now = new Date()): UsageDay[] {
  const known = new Map(days.map((day) => [day.day, day]));
  // This computer's clock may be behind the server's, which is the one that counts.
  const today = [days[0]?.day ?? "", now.toISOString().slice(0, 10)].sort().at(-1);
  const end = new Date(`${today}T00:00:00Z`);
  return Array.from({ length: count }, (_, index) => {
    const time = new Date(end);
    time.setUTCDate(end.getUTCDate() - (count - 1 - index));
    const day = time.toISOString().slice(0, 10);
    return known.get(day) ?? { day, requests: 0, errors: 0, refused: 0, bytesIn: 0, bytesOut: 0, busyMs: 0 };
  });
}

/** The smallest number of the form 1, 2 or 5 times a power of ten that is not below; the end of an axis. */
export function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((step) => step * power).find((end) => end >= value) ?? value;
}
