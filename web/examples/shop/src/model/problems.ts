import { isBackpackError } from "backpack-sdk";

/** What is wrong with a form: at its fields, or with the whole. */
export interface FormProblem {
  fields: Readonly<Record<string, string>>;
  message: string | null;
}

export const NO_PROBLEM: FormProblem = { fields: {}, message: null };

const UNREACHABLE = "The shop cannot reach its server. Check the connection and try again.";

/** Where the server's words are for whoever wrote the shop, not for who buys in it. */
const KNOWN: Readonly<Record<string, string>> = {
  network_error: UNREACHABLE,
  timeout: UNREACHABLE,
  precondition_failed: "It was changed elsewhere meanwhile. Look at it again, then try once more.",
  schema_violated: "The shop does not take these values.",
  forbidden: "You may not do this.",
};

/** An error in a sentence or two for a person: what happened, and what to do next. */
export function explain(error: unknown): string {
  if (!isBackpackError(error)) return "Something went wrong. Load the page again.";
  return KNOWN[error.code] ?? sentences(error.detail, error.hint);
}

/** The error spread over the form's fields; `labels` maps the names of the fields to what the person calls them. */
export function formProblem(error: unknown, labels: Readonly<Record<string, string>>): FormProblem {
  if (!isBackpackError(error)) return { fields: {}, message: explain(error) };
  // The general hint of an invalid request points at the list of places, which is what the fields show already.
  const hint = error.code === "invalid_request" ? "" : error.hint;
  const fields: Record<string, string> = {};
  for (const { path, message } of error.errors) {
    const name = path.replace(/^\//, "");
    const label = labels[name];
    if (label !== undefined) fields[name] = sentences(`${label} ${message}`, hint);
  }
  return { fields, message: Object.keys(fields).length > 0 ? null : explain(error) };
}

function sentences(...parts: string[]): string {
  return parts
    .filter((part) => part !== "")
    .map((part) => (/[.!?]$/.test(part) ? part : `${part}.`))
    .join(" ");
}
