import { type Http, path } from "../http.js";
import type { Socket } from "../realtime/socket.js";
import { type Handlers, type SubscribeOptions, Subscription } from "../realtime/subscription.js";
import type { Document, NewDocument, Page } from "../types.js";
import type { Explanation } from "./definition.js";
import type { Filter } from "./filter.js";
import type { Stage } from "./pipeline.js";
import {
  type GetOptions,
  getQuery,
  type IterateOptions,
  listCall,
  type ListOptions,
  queryCall,
  type Selection,
} from "./query.js";
import type { Expand, FieldName, Found } from "./shape.js";
import {
  type Documents,
  exportCall,
  exported,
  type ExportOptions,
  importCall,
  type Imported,
  type ImportOptions,
} from "./transfer.js";
import type { Patch, UpdateOperators } from "./update.js";
import { type ChangeOptions, type ReplaceOptions, writeCall, type WriteOptions } from "./write.js";

/** One version of a document; null stands for its removal. */
export interface HistoryEntry<T> {
  op: "create" | "update" | "delete";
  version: number;
  at: string;
  document: Document<T> | null;
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
  list<F extends FieldName<T> = never, E extends Expand = never>(
    options: ListOptions<T, F, E> = {},
  ): Promise<Page<Found<T, F, E>>> {
    return this.http.json(...listCall(this.base, options));
  }

  /** The first document that matches, null when none does. */
  async first<F extends FieldName<T> = never, E extends Expand = never>(
    options: Selection<T, F, E> = {},
  ): Promise<Found<T, F, E> | null> {
    return (await this.list({ ...options, limit: 1 })).items[0] ?? null;
  }

  /** All matching documents, page by page: `for await (const car of cars.iterate())`. */
  async *iterate<F extends FieldName<T> = never, E extends Expand = never>(
    options: IterateOptions<T, F, E> = {},
  ): AsyncGenerator<Found<T, F, E>, void, void> {
    const { pageSize: limit = 100, offset, ...rest } = options;
    let start: { offset?: number; cursor?: string } = offset === undefined ? {} : { offset };
    for (;;) {
      const page: Page<Found<T, F, E>> = await this.list({ ...rest, ...start, limit });
      yield* page.items;
      if (page.next === null) return;
      start = { cursor: page.next };
    }
  }

  /** How many documents match. */
  async count(filter?: Filter<T>, options: { signal?: AbortSignal } = {}): Promise<number> {
    const page = await this.list({ ...options, limit: 0, count: true, ...(filter ? { filter } : {}) });
    return page.total ?? 0;
  }

  /** One document. Throws `document_not_found`. */
  get<F extends FieldName<T> = never, E extends Expand = never>(
    id: string,
    options: GetOptions<F, E> = {},
  ): Promise<Found<T, F, E>> {
    return this.http.json(this.base + path(id), { query: getQuery(options), signal: options.signal });
  }

  /** Make a document, or all of a list or none; with ids of your own if you like (`already_exists` when taken). */
  create(data: readonly NewDocument<T>[], options?: WriteOptions): Promise<Document<T>[]>;
  create(data: NewDocument<T>, options?: WriteOptions): Promise<Document<T>>;
  async create(data: object, options?: WriteOptions): Promise<Document<T> | Document<T>[]> {
    const call = writeCall(this.http, "POST", data, options);
    if (!Array.isArray(data)) return this.http.json(this.base, call);
    if (!data.length) return [];
    return (await this.http.json<{ items: Document<T>[] }>(this.base, call)).items;
  }

  /** Merge into a document (null removes a field), or apply operators: `{ $inc: { stock: -1 } }`. */
  update(id: string, change: Patch<T> | UpdateOperators<T>, options?: ChangeOptions): Promise<Document<T>> {
    return this.http.json(this.base + path(id), writeCall(this.http, "PATCH", change, options));
  }

  /** Replace all fields of a document, or make it. */
  replace(id: string, data: T, options?: ReplaceOptions): Promise<Document<T>> {
    return this.http.json(this.base + path(id), writeCall(this.http, "PUT", data, options));
  }

  /** Remove a document. Throws `document_not_found`. */
  delete(id: string, options?: ChangeOptions): Promise<void> {
    return this.http.json(this.base + path(id), writeCall(this.http, "DELETE", undefined, options));
  }

  /** A document's versions, newest first, as far as the tenant keeps its changes. */
  async history(id: string, options: { limit?: number; signal?: AbortSignal } = {}): Promise<HistoryEntry<T>[]> {
    const call = { query: { limit: options.limit?.toString() }, signal: options.signal };
    return (await this.http.json<{ items: HistoryEntry<T>[] }>(`${this.base}${path(id)}/history`, call)).items;
  }

  /** What comes out of a pipeline: `aggregate<{ _id: string; n: number }>([{ $group: … }])`. */
  async aggregate<R = Record<string, unknown>>(
    pipeline: readonly Stage<T>[],
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<R[]> {
    const call = { method: "POST", json: { pipeline }, signal, repeatable: true };
    return (await this.http.json<{ items: R[] }>(`${this.base}/aggregate`, call)).items;
  }

  /** All documents that one may list, as they are at one moment: `for await (const car of cars.export())`. */
  export(options: ExportOptions<T> & { format: "csv" }): Promise<Blob>;
  export(options?: ExportOptions<T> & { format?: "ndjson" }): AsyncGenerator<Document<T>, void, void>;
  export(options: ExportOptions<T> = {}): Promise<Blob> | AsyncGenerator<Document<T>, void, void> {
    const call = exportCall(this.base, options);
    return options.format === "csv" ? this.http.blob(...call) : exported(this.http, ...call);
  }

  /** Take documents in, from a list, another export, or a file. Every one is checked before the first is written. */
  async import(documents: Documents<NewDocument<T>>, options: ImportOptions = {}): Promise<Imported> {
    return this.http.json(`${this.base}/import`, await importCall(documents, options));
  }

  /** How a list is read, and which index would help. Needs an API key. */
  explain(options: ListOptions<T> = {}): Promise<Explanation> {
    const [target, call] = queryCall(this.base, options);
    return this.http.json(target, { ...call, query: { explain: "true" } });
  }

  /** Follow what matches: first as it is now, then every change, also across lost connections. */
  subscribe(options: SubscribeOptions<T>, handlers: Handlers<T>): Subscription<T> {
    return new Subscription(this.socket(), this.name, options, handlers);
  }
}
