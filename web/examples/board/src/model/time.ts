const FORMAT = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** "3 hr. ago"; anything within the last minute, and a clock that runs ahead, is "just now". */
export function ago(time: string, now: number): string {
  const passed = now - Date.parse(time);
  for (const [unit, length] of UNITS) {
    if (passed >= length) return FORMAT.format(-Math.floor(passed / length), unit);
  }
  return "just now";
}
