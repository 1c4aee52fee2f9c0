import { type Http, path } from "./http.js";

/** What a key may do: read, write too, or everything; a publishable one may do nothing. */
export type Scope = "read" | "write" | "admin" | "publishable";

/** An API key, without itself. */
export interface KeyInfo {
  id: string;
  name: string;
  scope: Scope;
  /** The collections that it is for; null for all. */
  collections: string[] | null;
  createdAt: string;
  /** Exact to five minutes. */
  lastUsedAt: string | null;
  expiresAt: string | null;
}

/** A new key, shown this once. */
export interface MadeKey extends KeyInfo {
  key: string;
}

/** What a key is made of. */
export interface NewKey {
  name: string;
  scope: Scope;
  collections?: readonly string[];
  /** It is over after so many. */
  days?: number;
}

const BASE = "/api/keys";

/** The tenant's API keys; needs one of the scope admin. */
export class Keys {
  constructor(private readonly http: Http) {}

  /** All keys, by the time they were made. */
  async list(): Promise<KeyInfo[]> {
    return (await this.http.json<{ items: KeyInfo[] }>(BASE)).items;
  }

  /** Make a key; `key` of it is shown this once. */
  create(key: NewKey): Promise<MadeKey> {
    return this.http.json(BASE, { method: "POST", json: key });
  }

  /** A new key with the rights of this one, which is good for so many hours more. */
  rotate(id: string, graceHours = 0): Promise<MadeKey> {
    return this.http.json(`${BASE}${path(id)}/rotate`, { method: "POST", json: { graceHours } });
  }

  /** Remove a key; it is refused from now on. */
  delete(id: string): Promise<void> {
    return this.http.json(BASE + path(id), { method: "DELETE" });
  }
}
