import { formatBytes, formatCount, plural } from "./format";
import type { Limit, Unit } from "./limits";

/** The units of sizes, the smallest first, with their bytes. */
export const SIZES = [
  { unit: "B", bytes: 1 },
  { unit: "KiB", bytes: 1024 },
  { unit: "MiB", bytes: 1024 ** 2 },
  { unit: "GiB", bytes: 1024 ** 3 },
  { unit: "TiB", bytes: 1024 ** 4 },
] as const;

export type SizeUnit = (typeof SIZES)[number]["unit"];

const DEFAULT_SIZE: SizeUnit = "MiB";

/** A quantity as it is edited; the size counts for bytes alone. An empty amount is none. */
export interface Typed {
  amount: string;
  size: SizeUnit;
}

export function formatQuantity(value: number, unit: Unit): string {
  switch (unit) {
    case "bytes":
      return formatBytes(value);
    case "count":
      return formatCount(value);
    case "perSecond":
      return `${formatCount(value)}/s`;
    case "days":
      return plural(value, "day");
  }
}

export function formatLimit(value: number, limit: Pick<Limit, "unit" | "canBeNone">): string {
  return isNone(value, limit) ? "No limit" : formatQuantity(value, limit.unit);
}

/** The same beside its unit, which sizes bring along. */
export function formatAmount(value: number, limit: Pick<Limit, "unit" | "canBeNone">): string {
  return limit.unit === "bytes" || isNone(value, limit) ? formatLimit(value, limit) : formatCount(value);
}

export function isNone(value: number, { canBeNone }: Pick<Limit, "canBeNone">): boolean {
  return canBeNone && value === 0;
}

export function toTyped(value: number | undefined, unit: Unit): Typed {
  if (value === undefined) return { amount: "", size: DEFAULT_SIZE };
  if (unit !== "bytes" || value === 0) return { amount: String(value), size: DEFAULT_SIZE };
  const size = SIZES.findLast(({ bytes }) => isShort(value / bytes)) ?? SIZES[0];
  return { amount: String(value / size.bytes), size: size.unit };
}

/** Sizes are shown in the largest unit that has them exactly, such as 1.5 GiB; the rest stays in bytes. */
function isShort(amount: number): boolean {
  return amount >= 1 && Number.isInteger(amount * 4);
}

/** The number that was typed, null for none, or undefined for what is no number. Its bounds are the server's matter. */
export function fromTyped({ amount, size }: Typed, unit: Unit): number | null | undefined {
  const text = amount.trim();
  if (text === "") return null;
  // No commas: they divide thousands for some people and decimals for others.
  if (!/^\d{1,18}(\.\d{1,9})?$/.test(text)) return undefined;
  const value = Number(text);
  if (unit !== "bytes") return value;
  return Math.round(value * (SIZES.find((known) => known.unit === size)?.bytes ?? 1));
}
