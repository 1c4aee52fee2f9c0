/** The fields that the server adds to each document. */
export interface ServerFields {
  id: string;
  createdAt: string;
  updatedAt: string;
  version: number;
  /** The user who made it. */
  owner: string | null;
}

/** A stored document. */
export type Document<T> = T & ServerFields;

/** What a client writes: its own fields, and the id if it chooses one. */
export type NewDocument<T> = T & { id?: string };

/** Fields to merge (RFC 7396); null removes a field. */
export type Patch<T> = { [K in keyof T]?: T[K] extends object ? Patch<T[K]> | T[K] | null : T[K] | null };

/** A signed-in user: the e-mail and the profile's fields. */
export type User = Document<{ email: string; [field: string]: unknown }>;

/** Part of a list. `next` is the cursor of the following page. */
export interface Page<T> {
  items: T[];
  next: string | null;
  total?: number;
}

/** Operators on one field. */
export interface Operators {
  $eq?: unknown;
  $ne?: unknown;
  $gt?: unknown;
  $gte?: unknown;
  $lt?: unknown;
  $lte?: unknown;
  $in?: readonly unknown[];
  $exists?: boolean;
  $not?: Operators;
}

/** A filter: known fields are suggested, dotted paths are allowed. */
export type Filter<T> = { [K in keyof Document<T>]?: Document<T>[K] | Operators } & {
  $and?: Filter<T>[];
  $or?: Filter<T>[];
  [path: string]: unknown;
};

/** What happened to a document that a subscription follows. */
export type Change<T> =
  | { op: "create" | "update"; document: Document<T> }
  | { op: "delete"; document: { id: string } };

/** Somebody in a channel. */
export interface Member {
  member: string;
  user: { id: string } | null;
  presence: Record<string, unknown>;
}

/** A file's metadata. */
export type FileInfo = Document<{
  name: string;
  path: string;
  size: number;
  type: string;
  sha256: string;
  visibility: Visibility;
  metadata: Record<string, unknown>;
  url: string;
}>;

/** Who may see a file: its owner, signed-in users, anybody. */
export type Visibility = "private" | "authenticated" | "public";

/** The state of the realtime connection. */
export type Status = "live" | "connecting" | "offline";

/** Ends what it was returned for. */
export type Stop = () => void;
