import type { Http } from "../http.js";
import type { Document, NewDocument } from "../types.js";
import type { Patch, UpdateOperators } from "./update.js";
import { newKey, tagOf, type Version, writeCall, type WriteOptions } from "./write.js";

/** What one write of a batch came to. */
export interface BatchResult<D = Document<Record<string, any>> | null> {
  op: "create" | "update" | "overwrite" | "delete";
  id: string;
  /** Null for a removed one. */
  document: D;
}

interface Operation {
  op: BatchResult["op"];
  collection: string;
  id?: string;
  data?: unknown;
  ifMatch?: string | undefined;
}

/** The results of writes in a row; of any writes, where they were not added in one. */
type Results<R extends unknown[]> = R extends [] ? BatchResult[] : R;

/** Several writes, in several collections: all of them happen, or none. */
export class Batch<R extends unknown[] = []> {
  private operations: Operation[] = [];
  private key = newKey();

  constructor(private readonly http: Http) {}

  /** Where the next writes go. */
  collection<T extends object = Record<string, unknown>>(name: string): BatchCollection<T, R> {
    return new BatchCollection(name, (operation) => {
      this.operations.push(operation);
      return this;
    });
  }

  /** Do it. The results stand in the order of the writes. After a failure it may be tried again. */
  async commit(options: WriteOptions = {}): Promise<Results<R>> {
    const operations = [...this.operations];
    if (!operations.length) return [] as unknown[] as Results<R>;
    const call = writeCall(this.http, "POST", { operations }, { idempotencyKey: this.key, ...options });
    const { results } = await this.http.json<{ results: Results<R> }>("/api/batch", call);
    const done = new Set(operations);
    this.operations = this.operations.filter((operation) => !done.has(operation));
    this.key = newKey();
    return results;
  }
}

/** Adds writes of one collection to a batch. */
export class BatchCollection<T extends object, R extends unknown[]> {
  constructor(
    private readonly name: string,
    private readonly push: (operation: Operation) => Batch<any>,
  ) {}

  /** Make a document. */
  create(data: NewDocument<T>): Batch<[...R, BatchResult<Document<T>>]> {
    return this.add({ op: "create", data });
  }

  /** Merge into a document, or apply operators. */
  update(
    id: string,
    data: Patch<T> | UpdateOperators<T>,
    options?: { ifMatch?: Version },
  ): Batch<[...R, BatchResult<Document<T>>]> {
    return this.add({ op: "update", id, data }, options);
  }

  /** Replace all fields of a document, or make it. */
  replace(id: string, data: T, options?: { ifMatch?: Version }): Batch<[...R, BatchResult<Document<T>>]> {
    return this.add({ op: "overwrite", id, data }, options);
  }

  /** Remove a document. */
  delete(id: string, options?: { ifMatch?: Version }): Batch<[...R, BatchResult<null>]> {
    return this.add({ op: "delete", id }, options);
  }

  private add(operation: Omit<Operation, "collection">, { ifMatch }: { ifMatch?: Version } = {}): Batch<any> {
    const tag = ifMatch === undefined ? undefined : tagOf(ifMatch);
    return this.push({ ...operation, collection: this.name, ifMatch: tag });
  }
}
