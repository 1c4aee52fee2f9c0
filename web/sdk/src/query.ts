import { type Call, type Query, search } from "./http.js";
import type { Filter } from "./types.js";

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

/** Servers and proxies refuse URLs from about 2000 characters on; the origin and the path need some of them. */
const LONGEST_URL = 1500;

/** The call for a list: in the URL, or in a body when it is too long for one. */
export function listCall<T>(base: string, options: ListOptions<T>): [path: string, call: Call] {
  const query = listQuery(options);
  const { signal, ...json } = options;
  if (base.length + search(query).length <= LONGEST_URL) return [base, { query, signal }];
  return [`${base}/query`, { method: "POST", json, signal }];
}

/** A list's options as parameters of a URL. */
export function listQuery<T>({ filter, sort, limit, cursor, count }: ListOptions<T>): Query {
  return {
    filter: filter && JSON.stringify(filter),
    sort,
    limit: limit?.toString(),
    cursor,
    count: count ? "true" : undefined,
  };
}
