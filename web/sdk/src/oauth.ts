import { BackpackError } from "./errors.js";

/** Where one can sign in. */
export interface ProviderInfo {
  name: string;
  /** What to write on the button. */
  label: string;
  /** Such as "google", for the picture on it. */
  kind: string;
}

/** One of a user's identities at providers. */
export interface Identity {
  id: string;
  provider: string;
  email: string | null;
  addedAt: string;
}

/** What a sign-in at a provider comes back with; of use only together. */
export interface Handed {
  code: string;
  verifier: string;
}

/** How to go to a provider. */
export interface ProviderOptions {
  /** Where the provider leads back to, by default this page: the tenant's origin, `appUrl`, or one of `redirects`. */
  redirect?: string;
  /** In a window of its own; this page stays as it is. Call it from a click, or browsers keep the window shut. */
  popup?: boolean;
}

interface Said {
  code?: string | undefined;
  error?: string | undefined;
  detail?: string | undefined;
}

const CLOSED_CHECK_MS = 500;

/** The browser's way to a provider and back. */
export class ProviderWindow {
  constructor(private readonly url: string) {}

  /** Leave this page for the provider's. */
  async leave(provider: string, redirect?: string): Promise<never> {
    const verifier = newVerifier();
    sessionStorage.setItem(this.key, verifier);
    location.assign(await this.address(provider, verifier, redirect ?? here(), "redirect"));
    return new Promise<never>(() => {});
  }

  /** Sign in in a window of its own. */
  async open(provider: string, redirect?: string): Promise<Handed> {
    // Before anything that waits: browsers open windows for clicks alone.
    const opened = window.open("about:blank", "_blank", "popup,width=480,height=720");
    if (!opened) throw failure({ error: "sign_in_cancelled", detail: "The browser did not open a window." });
    const verifier = newVerifier();
    try {
      opened.location.replace(await this.address(provider, verifier, redirect ?? here(), "popup"));
      return { code: codeIn(await this.answer(opened)), verifier };
    } finally {
      opened.close();
    }
  }

  /** What the address of this page brought; it is taken out of it. Null for nothing. */
  fromUrl(): Handed | null {
    if (typeof location === "undefined") return null;
    const parameters = new URLSearchParams(location.hash.slice(1));
    const said = {
      code: parameters.get("backpack-code") ?? undefined,
      error: parameters.get("backpack-error") ?? undefined,
      detail: parameters.get("backpack-detail") ?? undefined,
    };
    if (said.code === undefined && said.error === undefined) return null;
    history.replaceState(history.state, "", location.pathname + location.search);
    const verifier = sessionStorage.getItem(this.key);
    sessionStorage.removeItem(this.key);
    if (verifier === null) return null;
    return { code: codeIn(said), verifier };
  }

  private get key(): string {
    return `backpack-verifier:${this.url}`;
  }

  private async address(provider: string, verifier: string, redirect: string, mode: string): Promise<string> {
    const parameters = new URLSearchParams({ challenge: await challengeOf(verifier), redirect, mode });
    return `${this.url}/api/auth/oauth/${encodeURIComponent(provider)}?${parameters}`;
  }

  /** What the window says, by a message or, on the tenant's own origin, by a channel; or that it was closed. */
  private answer(opened: Window): Promise<Said> {
    const channel = new BroadcastChannel("backpack-oauth");
    return new Promise<Said>((resolve) => {
      const done = (said: Said): void => {
        clearInterval(watch);
        removeEventListener("message", hear);
        channel.close();
        resolve(said);
      };
      const hear = (event: MessageEvent): void => {
        if (event.origin === this.url && isSaid(event.data)) done(event.data);
      };
      const watch = setInterval(() => {
        // One more turn: a window says what it has to say, and closes.
        if (opened.closed) setTimeout(() => done({ error: "sign_in_cancelled" }), CLOSED_CHECK_MS);
      }, CLOSED_CHECK_MS);
      addEventListener("message", hear);
      channel.onmessage = hear;
    });
  }
}

function isSaid(data: unknown): data is Said {
  return typeof data === "object" && data !== null && "type" in data && data.type === "backpack-oauth";
}

function codeIn(said: Said): string {
  if (said.code !== undefined) return said.code;
  throw failure(said);
}

function failure({ error = "provider_failed", detail }: Said): BackpackError {
  const title = error === "sign_in_cancelled" ? "The sign-in was cancelled" : "The sign-in failed";
  return new BackpackError({ status: 0, code: error, title, detail: detail ?? `${title}.` });
}

function here(): string {
  return location.origin + location.pathname + location.search;
}

function newVerifier(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

async function challengeOf(verifier: string): Promise<string> {
  // Browsers have it on pages of HTTPS and of localhost alone.
  if (!crypto.subtle) throw failure({ detail: "Signing in at a provider needs a page that is served by HTTPS." });
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

/** Bytes as text that may stand in an address (RFC 4648, section 5). */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
