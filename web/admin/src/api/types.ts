/** What the control plane sends and takes; see docs/http-api.md. */

export interface Place {
  /** A JSON pointer into the body that was sent. */
  path: string;
  message: string;
}

/** An error as RFC 9457 has it. */
export interface Problem {
  code: string;
  title: string;
  status: number;
  detail?: string;
  hint?: string;
  errors?: Place[];
  requestId?: string;
}

export interface Status {
  version: string;
  setupRequired: boolean;
  baseDomain: string;
  publicUrl: string;
  /** How long things can be had back. */
  days: Days;
}

/** For how many days a deleted tenant can be had back, an old name leads to the new one, and rests after that. */
export interface Days {
  delete: number;
  rename: number;
  nameRest: number;
}

export interface Admin {
  email: string;
}

/** The answer to a sign-in. Its token is left out: the browser keeps the session in an HttpOnly cookie. */
export interface SignedIn {
  admin: Admin;
}

export interface Credentials {
  email: string;
  password: string;
}

export interface FirstAdmin extends Credentials {
  setupCode: string;
}

export interface Tenant {
  name: string;
  url: string;
  status: string;
  mode: string;
  plan: string | null;
  createdAt: string;
  quarantinedSince: string | null;
  /** The tenant that it is a preview of. */
  previewOf: string | null;
  /** When one that was made for a time is removed for good. */
  expiresAt: string | null;
  /** Until when a deleted one can be had back. */
  purgeAt: string | null;
}

export interface TenantDetails extends Tenant {
  /** What it has of its own, whatever its plan says. */
  ownLimits: SomeLimits;
  /** Those that count. */
  limits: Limits;
}

export interface NewTenant {
  name: string;
  plan?: string | null;
  template?: string | null;
}

export interface CreatedTenant extends Tenant {
  /** Sent this once and never again. */
  apiKey: string;
}

/** All limits by name. lib/limits.ts says what each means. */
export type Limits = Record<LimitName, number>;

export type SomeLimits = Partial<Limits>;

export type LimitName =
  | "maxRate"
  | "maxConcurrent"
  | "maxBody"
  | "maxMembers"
  | "maxHeld"
  | "maxFile"
  | "maxSite"
  | "maxImport"
  | "maxDocuments"
  | "maxData"
  | "maxStorage"
  | "maxCollections"
  | "maxExamined"
  | "maxSockets"
  | "maxSubscriptions"
  | "maxChannels"
  | "maxFrames"
  | "sessionDays"
  | "changesKept";

/** What is left out stays; a limit that is null is the plan's again. */
export interface TenantChange {
  plan?: string | null;
  limits?: Partial<Record<LimitName, number | null>>;
}

export interface Plan {
  name: string;
  limits: SomeLimits;
  /** How many tenants have it. */
  tenants: number;
}

export interface Plans {
  items: Plan[];
  /** The limits of a tenant without a plan. */
  defaults: Limits;
}

export interface UsedNow {
  documents: number;
  collections: number;
  databaseBytes: number;
  files: number;
  fileBytes: number;
  requests: number;
  bodyBytes: number;
  sockets: number;
  subscriptions: number;
  channels: number;
}

/** One day in UTC. */
export interface UsageDay {
  /** As 2026-01-31. */
  day: string;
  requests: number;
  errors: number;
  refused: number;
  bytesIn: number;
  bytesOut: number;
  busyMs: number;
}

export interface UsageReport {
  now: UsedNow;
  limits: Limits;
  /** The newest first; a day without requests is left out. */
  days: UsageDay[];
}

export interface Release {
  release: string;
  files: number;
  size: number;
  publishedAt: string;
}

/** What a tenant can begin with. */
export interface Template {
  name: string;
  builtIn: boolean;
  /** How many documents each collection has. */
  collections: Record<string, number>;
  files: number;
  siteFiles: number;
}

export interface CreatedKey {
  /** Sent this once and never again. */
  key: string;
}

/** A line of output: its number, when it was said, and what. */
export type OperationLine = [number: number, at: string, text: string];

/** Why an operation has failed: a problem that no request had. */
export type OperationProblem = Pick<Problem, "code" | "detail" | "hint" | "errors">;

/** Long work on a tenant. */
export interface Operation {
  id: string;
  kind: string;
  tenant: string;
  /** The name of the tenant that it makes, where it makes one. */
  makes: string | null;
  /** Whether it is asked to end. */
  cancelling: boolean;
  /** `undoing`: on the way to one of the last two. */
  status: "running" | "undoing" | "done" | "failed" | "cancelled";
  /** The one under way. */
  step: string | null;
  steps: string[];
  percent: number;
  lines: OperationLine[];
  result: Record<string, unknown> | null;
  error: OperationProblem | null;
}

export interface Snapshot {
  id: string;
  createdAt: string;
  /** `before`: something was about to change the whole tenant. */
  reason: "manual" | "scheduled" | "before";
  note: string;
  documents: number;
  files: number;
  /** Bytes of what can be restored. */
  size: number;
  /** Bytes that no other snapshot had. */
  added: number;
  proven: { at: string } | null;
}

/** When a tenant gets snapshots by itself, in hours; 0: never. */
export interface Schedule {
  every: number;
  keep: Record<"last" | "hourly" | "daily" | "weekly" | "monthly", number>;
}

export interface Snapshots {
  /** The newest first. */
  items: Snapshot[];
  /** What all take beside the tenant. */
  bytes: number;
  lastProvenAt: string | null;
  schedule: Schedule;
}
