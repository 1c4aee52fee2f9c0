import { BackpackError, type Problem } from "../errors";
import type { Change, Document, Filter, Status, Stop } from "../types";
import type { Frame, Participant, Socket } from "./socket";

/** What to follow. */
export interface SubscribeOptions<T> {
  filter?: Filter<T>;
  /** Begin with the documents as they are now (default true). */
  snapshot?: boolean;
  /** Order of the snapshot. */
  sort?: string;
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
export class Subscription<T extends object> implements Participant {
  /** Settled when the server has accepted or refused it. */
  readonly ready: Promise<void>;
  private readonly id = `s${++made}`;
  private cursor: string | null = null;
  private settle: { resolve(): void; reject(error: BackpackError): void } = { resolve() {}, reject() {} };
  private stops: Stop[] = [];

  constructor(
    private readonly socket: Socket,
    private readonly collection: string,
    private readonly options: SubscribeOptions<T>,
    private readonly handlers: Handlers<T>,
  ) {
    this.ready = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // Whoever has an error handler need not also catch `ready`.
    this.ready.catch(() => {});
    if (handlers.status) this.stops.push(socket.onStatus((status) => handlers.status?.(status)));
    this.stops.push(socket.enter(this));
  }

  /** Stop following. */
  close(): void {
    this.socket.send({ type: "unsubscribe", id: this.id });
    this.end();
  }

  opened(resumed: boolean): void {
    if (!resumed) this.cursor = null;
    this.ask();
  }

  heard(frame: Frame): void {
    if (frame["id"] !== this.id) return;
    if (frame.type === "change") this.changed(frame);
    else if (frame.type === "subscribed") this.subscribed(frame);
    else if (frame.type === "resync") this.resync();
    else if (frame.type === "error") this.failed(new BackpackError(frame["problem"] as Problem));
  }

  failed(error: BackpackError): void {
    this.settle.reject(error);
    this.handlers.error?.(error);
    this.end();
  }

  private ask(snapshot = this.options.snapshot ?? true): void {
    const { filter, sort, limit } = this.options;
    const start = this.cursor === null ? { snapshot, sort, limit } : { after: this.cursor };
    this.socket.send({ type: "subscribe", id: this.id, collection: this.collection, filter, ...start });
  }

  private subscribed(frame: Frame): void {
    this.cursor = String(frame["cursor"]);
    const items = frame["items"] as Document<T>[] | undefined;
    if (items) this.handlers.snapshot?.(items, { truncated: frame["truncated"] === true });
    this.settle.resolve();
  }

  private changed(frame: Frame): void {
    this.cursor = String(frame["cursor"]);
    this.handlers.change({ op: frame["op"], document: frame["document"] } as Change<T>);
  }

  /** Too much was missed to replay: the documents as they are now stand for it, whatever was asked for at first. */
  private resync(): void {
    this.cursor = null;
    this.ask(true);
  }

  private end(): void {
    for (const stop of this.stops.splice(0)) stop();
  }
}
