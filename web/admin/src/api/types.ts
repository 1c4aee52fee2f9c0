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
