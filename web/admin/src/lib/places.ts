import { ApiError } from "../api/http";

/** The messages of a failed request that belong to one of these fields, by the field's name: `name`, `limits.maxBody`. */
export function messagesAtFields(error: Error, fields: readonly string[]): Record<string, string> {
  const places = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  const messages = places.map(({ path, message }) => [path.slice(1).replaceAll("/", "."), message] as const);
  return Object.fromEntries(messages.filter(([field]) => fields.includes(field)));
}

/** The same for the field `name` of a form whose call has it as something else; a name that is taken is at `/name`. */
export function messagesAtName(error: Error, called: string): Record<string, string> {
  const { [called]: malformed, name: taken } = messagesAtFields(error, [called, "name"]);
  const message = malformed ?? taken;
  return message === undefined ? {} : { name: message };
}
