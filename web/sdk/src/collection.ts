import { type Http, path } from "./http.js";
import { type ListOptions, listCall } from "./query.js";
import type { Socket } from "./realtime/socket.js";
import { type Handlers, type SubscribeOptions, Subscription } from "./realtime/subscription.js";
import type { Document, Filter, NewDocument, Page, Patch } from "./types.js";

/** What to go through. */
export interface IterateOptions<T> {
  filter?: Filter<T>;
  sort?: string;
  /** Documents asked for at once, default 100. */
  pageSize?: number;
}

/** A collection of documents. It exists from its first write on. */
export class Collection<T extends object> {
  private readonly base: string;

  constructor(
    readonly name: string,
    private readonly http: Http,
    private readonly socket: () => Socket,
  ) {
    this.base = `/api/data${path(name)}`;
  }

  /** A page; newest first unless `sort` says otherwise. */
  list(options: ListOptions<T> = {}): Promise<Page<Document<T>>> {
    return this.http.json(...listCall(this.base, options));
  }

  /** One document. Throws `document_not_found`. */
  get(id: string): Promise<Document<T>> {
    return this.http.json(this.base + path(id));
  }

  /** Make a document; with an `id` of your own if you like (`already_exists` when it is taken). */
  create(data: NewDocument<T>): Promise<Document<T>> {
    return this.http.json(this.base, { method: "POST", json: data });
  }

  /** Merge into a document; null removes a field. */
  update(id: string, patch: Patch<T>): Promise<Document<T>> {
    return this.http.json(this.base + path(id), { method: "PATCH", json: patch });
  }

  /** Replace all fields of a document, or make it. */
  replace(id: string, data: T): Promise<Document<T>> {
    return this.http.json(this.base + path(id), { method: "PUT", json: data });
  }

  /** Remove a document. Throws `document_not_found`. */
  delete(id: string): Promise<void> {
    return this.http.json(this.base + path(id), { method: "DELETE" });
  }

  /** How many documents match. */
  async count(filter?: Filter<T>): Promise<number> {
    const page = await this.list({ limit: 0, count: true, ...(filter ? { filter } : {}) });
    return page.total ?? 0;
  }

  /** All matching documents, page by page: `for await (const car of cars.iterate())`. */
  async *iterate(options: IterateOptions<T> = {}): AsyncGenerator<Document<T>, void, void> {
    const { pageSize = 100, ...rest } = options;
    let cursor: string | null = null;
    do {
      const page: Page<Document<T>> = await this.list({ ...rest, limit: pageSize, ...(cursor ? { cursor } : {}) });
      yield* page.items;
      cursor = page.next;
    } while (cursor !== null);
  }

  /** Follow what matches: first as it is now, then every change, also across lost connections. */
  subscribe(options: SubscribeOptions<T>, handlers: Handlers<T>): Subscription<T> {
    return new Subscription(this.socket(), this.name, options, handlers);
  }
}
