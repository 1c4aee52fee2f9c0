import { ApiError } from "../api/http";
import { inLocalTime } from "./local-time";

/** Fields whose messages do not say "it"; a new tenant's name is `as` or `to` in some calls. */
const SUBJECTS: Record<string, string> = {
  name: "This name",
  as: "This name",
  to: "This name",
  label: "This label",
  at: "The moment",
};

/**
 * The messages of a failed request that belong to one of these fields, as sentences and by the field's name: `name`,
 * `limits.maxBody`.
 */
export function messagesAtFields(error: Error, fields: readonly string[]): Record<string, string> {
  const places = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  const found = places.map(({ path, message }) => [path.slice(1).replaceAll("/", "."), message] as const);
  const known = found.filter(([field]) => fields.includes(field));
  return Object.fromEntries(known.map(([field, message]) => [field, sentence(field, message)]));
}

/** The server’s messages have no subject: "is taken". The name of a standard, and a moment in UTC, are for programs. */
function sentence(field: string, message: string): string {
  if (!/^[a-z]/.test(message)) return message;
  const words = `${SUBJECTS[field] ?? "It"} ${inLocalTime(message.replace(/ \(RFC \d+\)/, ""))}`;
  return words.endsWith(".") ? words : `${words}.`;
}

/** The same for the field `name` of a form whose call has it as something else; a name that is taken is at `/name`. */
export function messagesAtName(error: Error, called: string): Record<string, string> {
  const { [called]: malformed, name: taken } = messagesAtFields(error, [called, "name"]);
  const message = malformed ?? taken;
  return message === undefined ? {} : { name: message };
}
