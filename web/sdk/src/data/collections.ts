import { type Http, path } from "../http.js";
import type { CollectionInfo, Definition, Verdict } from "./definition.js";

const BASE = "/api/collections";

/** The tenant's collections: rules, indexes and schemas. All of it needs an API key. */
export class Collections {
  constructor(private readonly http: Http) {}

  /** All collections, by name. */
  async list(): Promise<CollectionInfo[]> {
    return (await this.http.json<{ items: CollectionInfo[] }>(BASE)).items;
  }

  /** One collection. Throws `collection_not_found`. */
  get(name: string): Promise<CollectionInfo> {
    return this.http.json(BASE + path(name));
  }

  /** Make a collection. Throws `already_exists`. */
  create(name: string, definition: Definition = {}): Promise<CollectionInfo> {
    return this.http.json(BASE, { method: "POST", json: { name, ...definition } });
  }

  /** Change rules, indexes or schema. With `dryRun` nothing changes: it answers how the documents fare. */
  update(name: string, change: Definition, options: { dryRun: true }): Promise<Verdict>;
  update(name: string, change: Definition, options?: { dryRun?: false; existing?: "keep" }): Promise<CollectionInfo>;
  update(name: string, json: Definition, options: { dryRun?: boolean; existing?: "keep" } = {}): Promise<object> {
    const query = { dryRun: options.dryRun ? "true" : undefined, existing: options.existing };
    return this.http.json(BASE + path(name), { method: "PATCH", json, query });
  }

  /** Remove a collection with all its documents. */
  delete(name: string): Promise<void> {
    return this.http.json(BASE + path(name), { method: "DELETE" });
  }
}
