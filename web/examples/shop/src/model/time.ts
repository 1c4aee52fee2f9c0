const FORMAT = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

export function when(time: string): string {
  return FORMAT.format(new Date(time));
}
