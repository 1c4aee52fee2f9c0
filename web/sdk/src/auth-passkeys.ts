import { AuthBase } from "./auth-base.js";
import { BackpackError } from "./errors.js";
import { path } from "./http.js";
import { answered, creation, request } from "./passkeys.js";
import type { User } from "./types.js";

/** One of a user's passkeys. */
export interface Passkey {
  id: string;
  name: string;
  createdAt: string;
  lastUsedAt: string | null;
  /** The host that it is for. */
  host: string;
  /** Whether it is in the owner's other devices too. */
  synced: boolean;
}

const BASE = "/api/auth/passkeys";

/** Passkeys: signing in by a finger, a face or a device's PIN. */
export abstract class PasskeyAuth extends AuthBase {
  /** Whether this browser has passkeys, on this page. */
  get hasPasskeys(): boolean {
    return typeof PublicKeyCredential !== "undefined";
  }

  /**
   * Make a passkey for one's account; the browser asks its owner. Throws `wrong_credentials`, `already_exists` when this
   * device has one, and `sign_in_cancelled`.
   */
  async addPasskey({ name, password }: { name?: string; password?: string } = {}): Promise<Passkey> {
    const options = await this.json<PublicKeyCredentialCreationOptionsJSON>("passkeys/options", { password });
    const made = await asked(navigator.credentials.create({ publicKey: creation(options) }));
    return this.json("passkeys", { credential: answered(made), name });
  }

  /**
   * Sign in by a passkey. With `conditional` the browser offers those that it has in a field with
   * `autocomplete="username webauthn"`, and nothing happens until one is chosen or `signal` aborts. Throws
   * `sign_in_cancelled`, and `token_invalid` when the passkey is not known here.
   */
  async signInWithPasskey({ conditional = false, signal }: { conditional?: boolean; signal?: AbortSignal } = {}): Promise<User> {
    const options = await this.json<PublicKeyCredentialRequestOptionsJSON>("passkeys/login/options", {});
    const wanted: CredentialRequestOptions = { publicKey: request(options) };
    if (conditional) wanted.mediation = "conditional";
    if (signal) wanted.signal = signal;
    const found = await asked(navigator.credentials.get(wanted));
    return this.signIn(`${BASE}/login`, { credential: answered(found) });
  }

  /** One's own passkeys. */
  async passkeys(): Promise<Passkey[]> {
    return (await this.http.json<{ items: Passkey[] }>(BASE)).items;
  }

  /** Call a passkey something else. */
  renamePasskey(id: string, name: string): Promise<Passkey> {
    return this.http.json(BASE + path(id), { method: "PATCH", json: { name } });
  }

  /** Take a passkey away. Throws `conflict` where it is the only way in. */
  removePasskey(id: string): Promise<void> {
    return this.http.json(BASE + path(id), { method: "DELETE" });
  }
}

/** What the browser's owner answered. */
async function asked(question: Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const answer = await question;
    if (answer instanceof PublicKeyCredential) return answer;
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (name === "InvalidStateError") {
      const detail = "This device has a passkey for the account already.";
      throw new BackpackError({ status: 0, code: "already_exists", title: "It is there", detail }, error);
    }
    if (name !== "NotAllowedError" && name !== "AbortError") throw error;
  }
  const detail = "No passkey was chosen.";
  throw new BackpackError({ status: 0, code: "sign_in_cancelled", title: "The sign-in was cancelled", detail });
}
