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
  createdAt: string;
}

export interface Usage {
  databaseBytes: number;
  fileBytes: number;
  documents: number;
  files: number;
}

export interface TenantDetails extends Tenant {
  usage: Usage;
}

export interface CreatedTenant extends Tenant {
  /** Sent this once and never again. */
  apiKey: string;
}

export interface Release {
  release: string;
  files: number;
  size: number;
  publishedAt: string;
}
