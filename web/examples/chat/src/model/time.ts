const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "long", year: "numeric" });
const DAY_MS = 86_400_000;

/** "14:05", as the person's own clock writes it. */
export function clock(time: string): string {
  return CLOCK.format(Date.parse(time));
}

/** "Today", "Yesterday", or the date, where the person is. */
export function dayOf(time: string, now: number): string {
  const day = DAY.format(Date.parse(time));
  if (day === DAY.format(now)) return "Today";
  return day === DAY.format(now - DAY_MS) ? "Yesterday" : day;
}
