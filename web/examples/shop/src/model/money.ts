const FORMAT = new Intl.NumberFormat("en", { style: "currency", currency: "EUR" });

export function money(cents: number): string {
  return FORMAT.format(cents / 100);
}

/** As it stands in a field: "12.50". */
export function amount(cents: number): string {
  return (cents / 100).toFixed(2);
}

/** What was typed, such as "12.50", "12,5" or "12", in cents; null when it is no amount. Never through fractions. */
export function centsOf(text: string): number | null {
  const [, whole, part = ""] = /^(\d{1,7})(?:[.,](\d{1,2}))?$/.exec(text.trim()) ?? [];
  return whole === undefined ? null : Number(whole) * 100 + Number(part.padEnd(2, "0"));
}
