import { ApiError } from "../api/http";

/** The messages of a failed request that belong to one of these fields, by the field's name: `name`, `limits.maxBody`. */
export function messagesAtFields(error: Error, fields: readonly string[]): Record<string, string> {
  const places = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  const messages = places.map(({ path, message }) => [path.slice(1).replaceAll("/", "."), message] as const);
  return Object.fromEntries(messages.filter(([field]) => fields.includes(field)));
}
