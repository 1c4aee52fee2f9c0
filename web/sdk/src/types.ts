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

/** A signed-in user: the e-mail, which guests have not, and the profile's fields. */
export type User = Document<{ email?: string; [field: string]: unknown }>;

/** Part of a list. `next` is the cursor of the following page. */
export interface Page<T> {
  items: T[];
  next: string | null;
  total?: number;
}

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
