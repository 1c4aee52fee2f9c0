import type { Call, Http } from "../http.js";

/** How to write. */
export interface WriteOptions {
  /** Makes this write happen once, also when you send it again. By default the SDK makes one for its own retries. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** A version: a document that was read, its tag "3-2026-11-24T09:30:00.123Z", or "*" for any. */
export type Version = string | { version: number; createdAt: string };

/** How to change a document. */
export interface ChangeOptions extends WriteOptions {
  /** Only if the document is still this version; `precondition_failed` otherwise. */
  ifMatch?: Version;
}

/** How to replace a document. */
export interface ReplaceOptions extends ChangeOptions {
  /** Only if there is none yet; `precondition_failed` otherwise. */
  ifNoneMatch?: "*";
}

/** A write that may be sent again: its key makes the server do it once. */
export function writeCall(http: Http, method: string, json: unknown, options: ReplaceOptions = {}): Call {
  const { signal, ifMatch, ifNoneMatch, idempotencyKey } = options;
  // Without retries nothing is sent twice, and the server need not remember it.
  const key = idempotencyKey ?? (http.retries ? newKey() : undefined);
  const headers = {
    "idempotency-key": key,
    "if-match": ifMatch === undefined ? undefined : inQuotes(tagOf(ifMatch)),
    "if-none-match": ifNoneMatch,
  };
  return { method, json, headers, signal, repeatable: key !== undefined };
}

/** A version's tag, without quotes. */
export function tagOf(version: Version): string {
  return typeof version === "string" ? version : `${version.version}-${version.createdAt}`;
}

/** A key that no other write has. */
export function newKey(): string {
  // Pages without HTTPS have no randomUUID.
  return crypto.randomUUID?.() ?? crypto.getRandomValues(new Uint32Array(4)).join("-");
}

function inQuotes(tag: string): string {
  return tag === "*" || tag.includes('"') ? tag : `"${tag}"`;
}
