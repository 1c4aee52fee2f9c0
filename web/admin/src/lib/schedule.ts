import type { Schedule } from "../api/types";
import { plural } from "./format";

const DAY_HOURS = 24;

/** When a tenant gets snapshots by itself, and which of those stay. */
export function scheduleInWords({ every, keep }: Schedule): string {
  if (every === 0) return "It gets none by itself.";
  return `It gets one by itself ${everyInWords(every)} when it has changed. ${keepInWords(keep)}`;
}

function everyInWords(hours: number): string {
  if (hours < 1) return `every ${plural(Math.round(hours * 60), "minute")}`;
  if (hours === 1) return "every hour";
  if (hours === DAY_HOURS) return "every day";
  if (hours > DAY_HOURS && hours % DAY_HOURS === 0) return `every ${plural(hours / DAY_HOURS, "day")}`;
  return `every ${plural(hours, "hour")}`;
}

const PERIODS = [
  { name: "hourly", one: "hour" },
  { name: "daily", one: "day" },
  { name: "weekly", one: "week" },
  { name: "monthly", one: "month" },
] as const;

function keepInWords(keep: Schedule["keep"]): string {
  const periods = PERIODS.filter(({ name }) => keep[name] > 0).map(({ name, one }) => plural(keep[name], one));
  const kept = [
    ...(keep.last > 0 ? [`the last ${keep.last}`] : []),
    ...(periods.length > 0 ? [`the newest of each of ${listInWords(periods)}`] : []),
  ];
  return kept.length === 0 ? "None of those stays." : `Of those stay ${kept.join(", and ")}.`;
}

function listInWords(parts: readonly string[]): string {
  const last = parts.at(-1) ?? "";
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
}
