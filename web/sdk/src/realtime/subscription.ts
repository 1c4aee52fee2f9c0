import type { Filter } from "../data/filter.js";
import { joined, type Sort } from "../data/query.js";
import { Deferred } from "../deferred.js";
import { BackpackError, type Problem } from "../errors.js";
import { guarded } from "../listeners.js";
import type { Change, Document, Status, Stop } from "../types.js";
import { type Frame, unsendable } from "./frame.js";
import type { Participant, Socket } from "./socket.js";

/** What to follow. */
export interface SubscribeOptions<T> {
  filter?: Filter<T>;
  /** Begin with the documents as they are now (default true). */
  snapshot?: boolean;
  /** Order of the snapshot. */
  sort?: Sort<T>;
  /** Size of the snapshot, at most 1000. */
  limit?: number;
}

/** What to do with what comes. */
export interface Handlers<T> {
  /** The documents as they are now: at first, and again when too much was missed to replay. */
  snapshot?(items: Document<T>[], about: { truncated: boolean }): void;
  change(change: Change<T>): void;
  error?(error: BackpackError): void;
  status?(status: Status): void;
}

let made = 0;

/** A live query. Resumes after a lost connection without gap or double. */
export class Subscription<T extends object> {
  /** Settled when the server has accepted or refused it. */
  readonly ready: Promise<void>;
  private readonly id = `s${++made}`;
  private readonly accepted = new Deferred<void>();
  private cursor: string | null = null;
  private readonly stopStatus: Stop | undefined;
  private readonly participant: Participant = {
    opened: (resumed) => this.opened(resumed),
    heard: (frame) => this.heard(frame),
    lost: () => {},
    failed: (error) => this.failed(error),
  };

  constructor(
    private readonly socket: Socket,
    private readonly collection: string,
    private readonly options: SubscribeOptions<T>,
    private readonly handlers: Handlers<T>,
  ) {
    this.ready = this.accepted.promise;
    // Whoever has an error handler need not also catch `ready`.
    if (handlers.error) this.ready.catch(() => {});
    this.stopStatus = handlers.status && socket.onStatus((status) => handlers.status?.(status));
    socket.enter(this.participant);
  }

  /** Stop following. */
  close(): void {
    this.socket.send({ type: "unsubscribe", id: this.id });
    this.end();
    this.accepted.abandon(new DOMException("It was closed before the server answered.", "AbortError"));
  }

  private opened(resumed: boolean): void {
    if (!resumed) this.cursor = null;
    this.ask();
  }

  private heard(frame: Frame): void {
    if (frame["id"] !== this.id) return;
    if (frame.type === "change") this.changed(frame);
    else if (frame.type === "subscribed") this.subscribed(frame);
    else if (frame.type === "resync") this.resync();
    else if (frame.type === "error") this.failed(new BackpackError(frame["problem"] as Problem));
  }

  private failed(error: BackpackError): void {
    this.end();
    this.accepted.reject(error);
    guarded(() => this.handlers.error?.(error));
  }

  private ask(snapshot = this.options.snapshot ?? true): void {
    const { filter, sort, limit } = this.options;
    const start = this.cursor === null ? { snapshot, sort: joined(sort), limit } : { after: this.cursor };
    const frame = { type: "subscribe", id: this.id, collection: this.collection, filter, ...start };
    const error = unsendable(frame);
    if (error) this.failed(error);
    else this.socket.send(frame);
  }

  private subscribed(frame: Frame): void {
    this.cursor = String(frame["cursor"]);
    const items = frame["items"] as Document<T>[] | undefined;
    if (items) guarded(() => this.handlers.snapshot?.(items, { truncated: frame["truncated"] === true }));
    this.accepted.resolve();
  }

  private changed(frame: Frame): void {
    this.cursor = String(frame["cursor"]);
    guarded(() => this.handlers.change({ op: frame["op"], document: frame["document"] } as Change<T>));
  }

  /** Too much was missed to replay: the documents as they are now stand for it, whatever was asked for at first. */
  private resync(): void {
    this.cursor = null;
    this.ask(true);
  }

  private end(): void {
    this.socket.leave(this.participant);
    this.stopStatus?.();
  }
}
