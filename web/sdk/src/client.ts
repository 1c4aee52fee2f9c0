import { Auth } from "./auth.js";
import { Batch } from "./data/batch.js";
import { Collection } from "./data/collection.js";
import { Collections } from "./data/collections.js";
import { RuleBook } from "./data/rules.js";
import { Files } from "./files.js";
import { type Fetch, Http } from "./http.js";
import { Channel } from "./realtime/channel.js";
import { Socket, type WebSocketMaker } from "./realtime/socket.js";
import { Invitations } from "./invitations.js";
import { Keys } from "./keys.js";
import { SettingsBook } from "./settings.js";
import { defaultStorage, Session, type TokenStorage } from "./session.js";
import type { Status, Stop } from "./types.js";

/** What a client may be given; each has a default that fits a browser. */
export interface ClientOptions {
  fetch?: Fetch;
  /** Needed where there is no global WebSocket (Node 20: the package `ws`). */
  WebSocket?: WebSocketMaker;
  /** Where a token is kept; null keeps it nowhere. */
  storage?: TokenStorage | null;
  /** Milliseconds that a call may take, its retries included, default 30,000. */
  timeoutMs?: number;
  /** How often a read, or a write of documents, is sent again when the network fails, default 2. */
  retries?: number;
  /** Acts with full rights instead of a user. For servers and scripts: whoever loads a page can read what is in it. */
  apiKey?: string | undefined;
}

const TIMEOUT_MS = 30_000;
const RETRIES = 2;
let warned = false;

/** A tenant's backend. */
export class Backpack {
  readonly auth: Auth;
  readonly files: Files;
  /** Rules, indexes and schemas; needs an API key. */
  readonly collections: Collections;
  /** The tenant's settings and mails; needs an API key. */
  readonly settings: SettingsBook;
  /** The tenant's API keys; needs one. */
  readonly keys: Keys;
  /** Invitations by mail; needs an API key. */
  readonly invitations: Invitations;
  /** Why rules allow or refuse; needs an API key. */
  readonly rules: RuleBook;
  private readonly http: Http;
  private readonly session: Session;
  private readonly channels = new Map<string, Channel>();
  private realtime: Socket | null = null;

  constructor(
    /** The tenant's origin. */
    readonly url: string,
    private readonly options: ClientOptions,
  ) {
    const storage = options.storage === undefined ? defaultStorage() : options.storage;
    if (options.apiKey !== undefined && typeof window !== "undefined" && !warned) {
      warned = true;
      console.warn("Backpack: an API key in a browser. Whoever loads this page can do everything with it.");
    }
    this.session = new Session(url, storage, options.apiKey);
    const send: Fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.http = new Http(url, send, this.session, options.timeoutMs ?? TIMEOUT_MS, options.retries ?? RETRIES);
    this.auth = new Auth(this.http, this.session);
    // Without an answer the user stays as known; the next call tells.
    this.session.recheck = () => void this.auth.me().catch(() => {});
    this.files = new Files(this.http);
    this.collections = new Collections(this.http);
    this.rules = new RuleBook(this.http);
    this.settings = new SettingsBook(this.http);
    this.keys = new Keys(this.http);
    this.invitations = new Invitations(this.http);
  }

  /** A collection of documents. */
  collection<T extends object = Record<string, unknown>>(name: string): Collection<T> {
    return new Collection<T>(name, this.http, () => this.socket());
  }

  /** Several writes that happen together or not at all. */
  batch(): Batch {
    return new Batch(this.http);
  }

  /** A channel; the same name is the same channel. */
  channel(name: string): Channel {
    let channel = this.channels.get(name);
    if (!channel) this.channels.set(name, (channel = new Channel(name, this.socket())));
    return channel;
  }

  /** Be told the state of the realtime connection, now and when it changes. */
  onStatus(listener: (status: Status) => void): Stop {
    return this.socket().onStatus(listener);
  }

  private socket(): Socket {
    if (!this.realtime) {
      const maker = this.options.WebSocket ?? (globalThis.WebSocket as WebSocketMaker | undefined);
      if (!maker) throw new Error("There is no WebSocket here: give createClient one, such as the package ws.");
      this.realtime = new Socket(`${this.url.replace(/^http/, "ws")}/api/realtime`, this.session, maker);
    }
    return this.realtime;
  }
}

/** A client for the tenant at this URL; in a browser the page's own origin is the default. */
export function createClient(url?: string, options: ClientOptions = {}): Backpack {
  const target = url ?? (typeof location === "undefined" ? "" : location.origin);
  return new Backpack(originOf(target), options);
}

function originOf(url: string): string {
  if (/^https?:/.test(url) && URL.canParse(url)) return new URL(url).origin;
  throw new TypeError(`createClient needs the tenant's URL, such as http://shop.localhost:8000, not "${url}".`);
}
