import { type ListOptions, listQuery } from "./data/query.js";
import { type Http, path } from "./http.js";
import type { FileInfo, Page, Visibility } from "./types.js";

/** What to keep beside a file's bytes. */
export interface UploadOptions {
  name?: string;
  path?: string;
  visibility?: Visibility;
  metadata?: Record<string, unknown>;
  /** Told the share that is sent, 0 to 1. */
  onProgress?: (done: number) => void;
  signal?: AbortSignal;
}

const BASE = "/api/files";

/** Files of the tenant. */
export class Files {
  constructor(private readonly http: Http) {}

  /** Store a file. */
  upload(content: Blob, options: UploadOptions = {}): Promise<FileInfo> {
    const { onProgress, signal } = options;
    const body = formOf(content, options);
    return this.http.json(BASE, { method: "POST", body, onProgress, signal, unlimited: true });
  }

  /** A page of the files that one may see. */
  list(options: ListOptions<FileInfo> = {}): Promise<Page<FileInfo>> {
    return this.http.json(BASE, { query: listQuery(options), signal: options.signal });
  }

  /** A file's metadata. */
  get(id: string): Promise<FileInfo> {
    return this.http.json(BASE + path(id));
  }

  /** Change name, path, visibility or metadata. */
  update(id: string, patch: Partial<Pick<FileInfo, "name" | "path" | "visibility" | "metadata">>): Promise<FileInfo> {
    return this.http.json(BASE + path(id), { method: "PATCH", json: patch });
  }

  /** Remove a file. */
  delete(id: string): Promise<void> {
    return this.http.json(BASE + path(id), { method: "DELETE" });
  }

  /** The address of a file's bytes, for `<img src>` (public files, or any on the tenant's own origin). */
  url(file: string | { id: string }, options: { download?: boolean } = {}): string {
    const id = typeof file === "string" ? file : file.id;
    return this.http.address(`${BASE}${path(id)}/content`, { download: options.download ? "1" : undefined });
  }

  /** A file's bytes. */
  download(id: string): Promise<Blob> {
    return this.http.blob(`${BASE}${path(id)}/content`, { unlimited: true });
  }
}

function formOf(content: Blob, options: UploadOptions): FormData {
  const form = new FormData();
  if (options.path !== undefined) form.set("path", options.path);
  if (options.visibility !== undefined) form.set("visibility", options.visibility);
  if (options.metadata !== undefined) form.set("metadata", JSON.stringify(options.metadata));
  const name = options.name ?? ("name" in content ? String(content.name) : "file");
  form.set("file", content, name);
  return form;
}
