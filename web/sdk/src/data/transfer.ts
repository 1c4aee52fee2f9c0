import { foreignAnswer, networkError } from "../errors.js";
import type { Call, Http } from "../http.js";
import type { Filter } from "./filter.js";

/** What to export. */
export interface ExportOptions<T> {
  filter?: Filter<T>;
  /** One JSON a line (the default, read as it comes), or a table. */
  format?: "ndjson" | "csv";
  signal?: AbortSignal;
}

/** How to import. */
export interface ImportOptions {
  /** What a Blob holds; by default its type says so, else it is one JSON a line. */
  format?: "ndjson" | "csv";
  /** What happens where an id is taken: nothing at all is imported (`fail`, the default), or that one is. */
  onConflict?: "fail" | "skip" | "replace";
  signal?: AbortSignal;
}

/** What to import: a file, or documents from anywhere, such as another collection's export. */
export type Documents<D = unknown> = Blob | Iterable<D> | AsyncIterable<D>;

/** What an import did. */
export interface Imported {
  created: number;
  replaced: number;
  skipped: number;
}

/** The media types of the formats. */
const TYPES = { ndjson: "application/x-ndjson", csv: "text/csv" };

/** The call that exports documents. */
export function exportCall<T>(base: string, { filter, format, signal }: ExportOptions<T>): [path: string, call: Call] {
  const query = { filter: filter && JSON.stringify(filter), format: format === "csv" ? format : undefined };
  return [`${base}/export`, { query, signal, unlimited: true }];
}

/** The documents as they come. Whoever stops reading ends the transfer. */
export async function* exported<D>(http: Http, path: string, call: Call): AsyncGenerator<D, void, void> {
  const response = await http.open(path, call);
  const reader = (response.body ?? new Blob().stream()).pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value = "\n", done } = await reader.read();
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line) yield JSON.parse(line) as D;
      if (done) return;
    }
  } catch (error) {
    if (call.signal?.aborted) throw call.signal.reason;
    throw error instanceof SyntaxError ? foreignAnswer(response) : networkError(http.url, error);
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** The call that imports documents, or a file of them. */
export async function importCall(documents: Documents, options: ImportOptions): Promise<Call> {
  const { onConflict, signal } = options;
  const body = documents instanceof Blob ? documents : await ndjsonOf(documents);
  const format = options.format ?? (body.type.startsWith(TYPES.csv) ? "csv" : "ndjson");
  const headers = { "content-type": TYPES[format] };
  return { method: "POST", query: { onConflict }, headers, body, signal, unlimited: true };
}

async function ndjsonOf(documents: Exclude<Documents, Blob>): Promise<Blob> {
  const lines: string[] = [];
  for await (const document of documents) lines.push(`${JSON.stringify(document)}\n`);
  return new Blob(lines);
}
