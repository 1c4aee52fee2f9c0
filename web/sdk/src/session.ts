import type { Credentials } from "./http.js";
import { Listeners } from "./listeners.js";
import type { Stop, User } from "./types.js";

/** Where the session's token is kept, such as localStorage. */
export interface TokenStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Who is signed in.
 *
 * On the tenant's own origin the server's HttpOnly cookie is the session, and no script ever holds a token. From
 * another origin it is a token in the storage, shared by the tabs of that origin.
 */
export class Session implements Credentials {
  user: User | null = null;
  /** Counts sign-ins and sign-outs: what an earlier session's request is answered says nothing about this one. */
  generation = 0;
  readonly byCookie: boolean;
  /** Asks the server who is signed in; called when that may have changed elsewhere. */
  recheck: () => void = () => {};
  private readonly key: string;
  private readonly listeners = new Listeners<User | null>();

  constructor(
    url: string,
    private readonly storage: TokenStorage | null,
    /** Acts instead of a user, for as long as the client lives. */
    readonly apiKey: string | null = null,
  ) {
    this.byCookie = apiKey === null && typeof location !== "undefined" && location.origin === new URL(url).origin;
    this.key = `backpack:${url}`;
    if (this.byCookie || apiKey !== null || !storage || typeof addEventListener === "undefined") return;
    addEventListener("storage", (event: StorageEvent) => {
      // Without a key everything was cleared.
      if (event.key === this.key || event.key === null) this.changedInAnotherTab();
    });
  }

  token(): string | null {
    if (this.byCookie) return null;
    return this.apiKey ?? this.storage?.getItem(this.key) ?? null;
  }

  /** Somebody signed in. */
  begin(user: User, token: string): void {
    this.generation++;
    if (!this.byCookie) this.storage?.setItem(this.key, token);
    this.set(user);
  }

  /** The session is over; ignored when another one has begun since. */
  ended(token: string | null): void {
    if (this.apiKey !== null || token !== this.token() || (token === null && this.user === null)) return;
    this.generation++;
    if (!this.byCookie) this.storage?.removeItem(this.key);
    this.user = null;
    this.listeners.tell(null);
  }

  /** Take a user's newest document. */
  set(user: User | null): void {
    const before = this.user;
    this.user = user;
    if (before?.id !== user?.id || before?.version !== user?.version) this.listeners.tell(user);
  }

  onChange(listener: (user: User | null) => void): Stop {
    return this.listeners.add(listener);
  }

  private changedInAnotherTab(): void {
    this.generation++;
    if (this.token() === null) this.set(null);
    else this.recheck();
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
