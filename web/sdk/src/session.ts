import type { Credentials } from "./http";
import type { Stop, User } from "./types";

/** Where the session's token is kept, such as localStorage. */
export interface TokenStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

type Listener = (user: User | null) => void;

/**
 * Who is signed in.
 *
 * On the tenant's own origin the server's HttpOnly cookie is the session, and no script ever holds a token. From another
 * origin it is a token in the storage, shared by the tabs of that origin.
 */
export class Session implements Credentials {
  user: User | null = null;
  readonly byCookie: boolean;
  private readonly key: string;
  private readonly listeners = new Set<Listener>();
  /** Another tab signed in: somebody has to ask the server who it is. */
  onSignedInElsewhere: () => void = () => {};

  constructor(
    url: string,
    private readonly storage: TokenStorage | null,
  ) {
    this.byCookie = typeof location !== "undefined" && location.origin === new URL(url).origin;
    this.key = `backpack:${url}`;
    if (this.byCookie || !storage || typeof addEventListener === "undefined") return;
    addEventListener("storage", (event: StorageEvent) => {
      if (event.key !== this.key) return;
      if (event.newValue === null) this.set(null);
      else this.onSignedInElsewhere();
    });
  }

  token(): string | null {
    return this.byCookie ? null : (this.storage?.getItem(this.key) ?? null);
  }

  /** Somebody signed in. */
  begin(user: User, token: string): void {
    if (!this.byCookie) this.storage?.setItem(this.key, token);
    this.set(user);
  }

  /** The session is over; ignored when another one has begun since. */
  ended(token: string | null): void {
    if (token !== this.token()) return;
    if (!this.byCookie) this.storage?.removeItem(this.key);
    this.set(null);
  }

  /** Take a user's newest document. */
  set(user: User | null): void {
    const before = this.user;
    this.user = user;
    if (before?.id === user?.id && before?.version === user?.version) return;
    for (const listener of [...this.listeners]) listener(user);
  }

  onChange(listener: Listener): Stop {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** localStorage where there is one that may be used, else memory. */
export function defaultStorage(): TokenStorage {
  try {
    if (typeof localStorage !== "undefined") return localStorage;
  } catch {
    // Reading it throws where the browser's settings forbid it.
  }
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}
