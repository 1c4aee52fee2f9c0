import type { Place } from "../errors.js";

/** Who may do something with a collection's documents. */
export type Rule = "public" | "authenticated" | "owner" | "nobody";

/** Who may do what. */
export type Rules = Record<"list" | "read" | "create" | "update" | "delete", Rule>;

/** An index. */
export interface Index {
  /** Paths, - in front for descending: ["brand", "-price"]. */
  fields: readonly string[];
  /** No two documents have the same values. */
  unique?: boolean;
  /** Only documents that fit this filter are in it. */
  where?: Record<string, unknown>;
  /** Documents are removed so many seconds after the time in its one field. */
  expireAfterSeconds?: number;
  /** Holds the words of its fields, for `$text`. */
  text?: boolean;
}

/** What a collection may be given. */
export interface Definition {
  /** Merged into the rules in force. */
  rules?: Partial<Rules>;
  /** All indexes; those that are not named are dropped. */
  indexes?: readonly Index[];
  /** A JSON Schema 2020-12; null takes it away. */
  schema?: Record<string, unknown> | null;
}

/** A collection as it is. */
export interface CollectionInfo {
  name: string;
  rules: Rules;
  indexes: (Index & { state: "ready" | "building" })[];
  schema?: Record<string, unknown>;
  createdAt: string;
  updatedAt: string;
}

/** How a collection's documents fare under a schema. */
export interface Verdict {
  documents: number;
  rejected: number;
  first: { id: string; errors: Place[] }[];
}

/** How a list is read. */
export interface Explanation {
  /** The index that is scanned; null reads the collection itself. */
  index: string | null;
  /** Whether it is read in the order of the sort. */
  ordered: boolean;
  /** Whether the index alone decides what fits. */
  exact: boolean;
  ranges: number;
  examined: number;
  returned: number;
  ms: number;
  /** The fields of an index that would help. */
  suggestion: string[] | null;
}
