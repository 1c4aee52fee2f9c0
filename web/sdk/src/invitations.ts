import { type Http, path } from "./http.js";

/** Somebody who is invited, and has no account yet. */
export interface Invitation {
  id: string;
  email: string;
  /** What the account has from its first moment. */
  roles: string[] | null;
  groups: string[] | null;
  createdAt: string;
  expiresAt: string;
}

/** Whom to invite, and for how many days the invitation is good. */
export interface NewInvitation {
  email: string;
  days?: number;
  roles?: string[];
  groups?: string[];
}

const BASE = "/api/invitations";

/** Invitations by mail; needs an API key of the scope admin. */
export class Invitations {
  constructor(private readonly http: Http) {}

  /** Those that were not used yet. */
  async list(): Promise<Invitation[]> {
    return (await this.http.json<{ items: Invitation[] }>(BASE)).items;
  }

  /** Send one; an earlier one to the address is good no more. Throws `already_exists` when it has an account. */
  create(invitation: NewInvitation): Promise<Invitation> {
    return this.http.json(BASE, { method: "POST", json: invitation });
  }

  /** Take one back. */
  delete(id: string): Promise<void> {
    return this.http.json(BASE + path(id), { method: "DELETE" });
  }
}
