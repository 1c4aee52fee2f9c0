import type { LimitName, Limits, SomeLimits } from "../api/types";
import { LIMITS } from "./limits";
import { messagesAtFields } from "./places";
import { fromTyped, toTyped, type Typed } from "./quantity";

/** Every limit as it is edited; one that is empty is left to the plan or the server. */
export type TypedLimits = Record<LimitName, Typed>;

export const LIMIT_FIELDS: readonly string[] = LIMITS.map(({ name }) => `limits.${name}`);

function eachLimit<T>(valueOf: (limit: (typeof LIMITS)[number]) => T): Record<LimitName, T> {
  return Object.fromEntries(LIMITS.map((limit) => [limit.name, valueOf(limit)])) as Record<LimitName, T>;
}

/** `otherwise` gives an empty field the unit to begin with. */
export function typedLimits(values: SomeLimits, otherwise: Limits): TypedLimits {
  return eachLimit(({ name, unit }) => ({
    amount: toTyped(values[name], unit).amount,
    size: toTyped(values[name] ?? otherwise[name], unit).size,
  }));
}

/** What cannot be sent at all, by field. What a limit may be, the server says. */
export function limitProblems(typed: TypedLimits): Record<string, string> {
  const wrong = LIMITS.filter(({ name, unit }) => fromTyped(typed[name], unit) === undefined);
  return Object.fromEntries(wrong.map(({ name }) => [`limits.${name}`, "Enter a number, such as 1000 or 1.5."]));
}

/** The limits that have a number. */
export function readLimits(typed: TypedLimits): SomeLimits {
  const read = LIMITS.map(({ name, unit }) => [name, fromTyped(typed[name], unit)] as const);
  return Object.fromEntries(read.filter(([, value]) => typeof value === "number"));
}

/** What differs from the limits before: null for one that was taken away. */
export function changedLimits(typed: TypedLimits, before: SomeLimits): Partial<Record<LimitName, number | null>> {
  const now = readLimits(typed);
  const changed = LIMITS.filter(({ name }) => now[name] !== before[name]);
  return Object.fromEntries(changed.map(({ name }) => [name, now[name] ?? null]));
}

/** What the server says about limits, by field. It counts in bytes, whatever unit was typed. */
export function limitMessages(error: Error): Record<string, string> {
  const messages = messagesAtFields(error, LIMIT_FIELDS);
  for (const { name, unit } of LIMITS) {
    const message = messages[`limits.${name}`];
    if (message !== undefined && unit === "bytes") messages[`limits.${name}`] = message.replace(/\.$/, ", in bytes.");
  }
  return messages;
}
