import { type Call, type Query, search } from "../http.js";
import type { Document } from "../types.js";
import type { Filter } from "./filter.js";
import type { Path } from "./paths.js";
import type { Expand } from "./shape.js";

/** Paths, - in front for descending: ["-price", "brand"], or as one text "-price,brand". */
export type Sort<T> = SortKey<T> | readonly SortKey<T>[];
type SortKey<T> = Path<Document<T>> | `-${Path<Document<T>>}` | (string & {});

/** Which documents, in what order, and what of them. */
export interface Selection<T, F extends string = never, E extends Expand = never> {
  filter?: Filter<T>;
  sort?: Sort<T>;
  /** Pass over so many, at most 10,000. */
  offset?: number;
  /** Answer these fields alone (and the id): ["brand", "price"], or all but these: ["-note"]. */
  fields?: F | readonly F[];
  /** Answer what fields refer to, below `$expand`: { author: "users" }. */
  expand?: E;
  signal?: AbortSignal;
}

/** What to list. */
export interface ListOptions<T, F extends string = never, E extends Expand = never> extends Selection<T, F, E> {
  /** 0 to 1000, default 30. */
  limit?: number;
  /** `next` of an earlier page. */
  cursor?: string;
  /** Have `total` counted. */
  count?: boolean;
}

/** What to go through. */
export interface IterateOptions<T, F extends string = never, E extends Expand = never> extends Selection<T, F, E> {
  /** Documents asked for at once, default 100. */
  pageSize?: number;
}

/** How to read one document. */
export interface GetOptions<F extends string = never, E extends Expand = never> {
  fields?: F | readonly F[];
  expand?: E;
  /** As it was then: a time, or a realtime cursor. */
  asOf?: Date | string;
  signal?: AbortSignal;
}

/** Servers and proxies refuse URLs from about 2000 characters on; the origin and the path need some of them. */
const LONGEST_URL = 1500;

/** The call for a list: in the URL, or in a body when it is too long for one. */
export function listCall<T>(base: string, options: ListOptions<T, string, Expand>): [path: string, call: Call] {
  const query = listQuery(options);
  if (base.length + search(query).length <= LONGEST_URL) return [base, { query, signal: options.signal }];
  return queryCall(base, options);
}

/** The call for a list whose filter is in the body. */
export function queryCall<T>(base: string, options: ListOptions<T, string, Expand>): [path: string, call: Call] {
  const { signal, ...rest } = options;
  return [`${base}/query`, { method: "POST", json: { ...rest, ...texts(options) }, signal, repeatable: true }];
}

/** A list's options as parameters of a URL. */
export function listQuery<T>(options: ListOptions<T, string, Expand>): Query {
  const { filter, limit, cursor, offset, count } = options;
  return {
    filter: filter && JSON.stringify(filter),
    limit: limit?.toString(),
    cursor,
    offset: offset?.toString(),
    count: count ? "true" : undefined,
    ...texts(options),
  };
}

/** The parameters for reading one document. */
export function getQuery({ asOf, ...options }: GetOptions<string, Expand>): Query {
  return { ...texts(options), asOf: asOf instanceof Date ? asOf.toISOString() : asOf };
}

/** What the server takes as texts: "-price,brand", "author:users". */
function texts(options: { sort?: List; fields?: List; expand?: Expand }): Query {
  const { sort, fields, expand } = options;
  const references = typeof expand === "object" ? Object.entries(expand).map((pair) => pair.join(":")) : expand;
  return { sort: joined(sort), fields: joined(fields), expand: joined(references) };
}

type List = string | readonly string[] | undefined;

/** Names as the server takes them, separated by commas. */
export function joined(names: List): string | undefined {
  return typeof names === "object" ? names.join() : names;
}
