import type { Place } from "../errors.js";

/** Who may do something with a collection's documents: a word, or a filter with variables such as `$user.id`. */
export type Rule = "public" | "authenticated" | "owner" | "nobody" | Readonly<Record<string, unknown>>;

/** Who sees a field, and who may set, change or remove it. */
export interface FieldRule {
  read?: Rule;
  /** `once`: when there is none yet. */
  write?: Rule | "once";
}

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
  /** All rules of fields, by path; null takes them away. */
  fields?: Readonly<Record<string, FieldRule>> | null;
}

/** A collection as it is. */
export interface CollectionInfo {
  name: string;
  rules: Rules;
  indexes: (Index & { state: "ready" | "building" })[];
  schema?: Record<string, unknown>;
  fields?: Record<string, FieldRule>;
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

/** What may be asked of the rules: whose request, of what. */
export interface RuleQuestion {
  collection: string;
  action: keyof Rules;
  /** A user's id; null or left out: somebody who is not signed in. */
  user?: string | null;
  /** The document's id, but for `list` and `create`. */
  id?: string;
  /** The body of a create or an update. */
  data?: unknown;
}

/** What would become of a request, and why. */
export interface RuleAnswer {
  allowed: boolean;
  status: number;
  code: string | null;
  detail: string | null;
  rule: Rule;
  from: string;
  /** What the rule comes to for this user; null: nothing. */
  filter: Record<string, unknown> | null;
  conditions: { path: string; holds: boolean | null; because: string }[];
  hiddenFields: string[];
}

/** Something about the rules that deserves a look. */
export interface RuleFinding {
  severity: "warning" | "notice";
  collection: string;
  action: keyof Rules;
  says: string;
}
