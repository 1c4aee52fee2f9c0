import type { Call } from "./http";
import type { Filter } from "./types";

/** What to list. */
export interface ListOptions<T> {
  filter?: Filter<T>;
  /** Paths separated by commas, - in front for descending: "-price,brand". */
  sort?: string;
  /** 0 to 1000, default 30. */
  limit?: number;
  /** `next` of an earlier page. */
  cursor?: string;
  /** Have `total` counted. */
  count?: boolean;
  signal?: AbortSignal;
}

const LONGEST_URL = 1500;

/** The call for a list: in the URL, or in a body when the filter is too long for one. */
export function listCall<T>(base: string, options: ListOptions<T>): [path: string, call: Call] {
  const { filter, sort, limit, cursor, count, signal } = options;
  const text = filter === undefined ? undefined : JSON.stringify(filter);
  if (text !== undefined && encodeURIComponent(text).length > LONGEST_URL) {
    return [`${base}/query`, { method: "POST", json: { filter, sort, limit, cursor, count }, signal }];
  }
  const query = { filter: text, sort, limit: limit?.toString(), cursor, count: count ? "true" : undefined };
  return [base, { query, signal }];
}
