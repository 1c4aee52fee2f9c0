import { errorOf, foreignAnswer, isBackpackError, networkError, timeoutError } from "./errors.js";
import { fetchWithProgress } from "./progress.js";
import { repeated } from "./retry.js";

/** Parameters of a URL. */
export type Query = Record<string, string | undefined>;

/** What to send. */
export interface Call {
  method?: string;
  query?: Query;
  /** Sent as JSON. */
  json?: unknown;
  body?: BodyInit;
  headers?: Record<string, string | undefined>;
  signal?: AbortSignal | undefined;
  /** Told the share of the body that is sent, 0 to 1, where the platform can tell. */
  onProgress?: ((done: number) => void) | undefined;
  /** Whether it may take as long as it takes (the bytes of files). */
  unlimited?: boolean;
  /** Whether it does no harm to send it twice; by default only GET. */
  repeatable?: boolean;
}

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

/** How requests prove who they come from. */
export interface Credentials {
  /** Whether the browser's own cookie is the session. */
  readonly byCookie: boolean;
  token(): string | null;
  /** Told when the server no longer knows the session. */
  ended(token: string | null): void;
}

/** The one way to the server: JSON in and out, errors as `BackpackError`. */
export class Http {
  constructor(
    readonly url: string,
    private readonly fetch: Fetch,
    private readonly credentials: Credentials,
    private readonly timeoutMs: number,
    /** How often a call is sent again when the network fails. */
    readonly retries: number,
  ) {}

  /** The answer's JSON; undefined when there is none (204). */
  json<R>(path: string, call: Call = {}): Promise<R> {
    return this.exchange(path, call, readJson<R>);
  }

  /** The answer's bytes. */
  blob(path: string, call: Call = {}): Promise<Blob> {
    return this.exchange(path, call, (response) => response.blob());
  }

  /** The answer, whose body is still to be read. */
  open(path: string, call: Call = {}): Promise<Response> {
    return this.exchange(path, call, (response) => Promise.resolve(response));
  }

  /** An absolute address. */
  address(path: string, query: Query = {}): string {
    return this.url + path + search(query);
  }

  /** Throws `BackpackError` for every failure but an abort by the caller. */
  private exchange<R>(path: string, call: Call, read: (response: Response) => Promise<R>): Promise<R> {
    const token = this.credentials.token();
    // One limit for all tries together: whoever waits, waits no longer.
    const timeout = call.unlimited ? undefined : AbortSignal.timeout(this.timeoutMs);
    const signal = AbortSignal.any([call.signal, timeout].filter((each) => each !== undefined));
    const init = { ...this.init(call, token), signal };
    const send = async (): Promise<R> => {
      try {
        signal.throwIfAborted();
        const response = await this.fetchFor(call)(this.address(path, call.query), init);
        if (!response.ok) throw await errorOf(response);
        return await read(response);
      } catch (error) {
        if (isBackpackError(error)) {
          if (error.code === "session_invalid") this.credentials.ended(token);
          throw error;
        }
        if (call.signal?.aborted) throw call.signal.reason;
        throw timeout?.aborted ? timeoutError(this.timeoutMs, error) : networkError(this.url, error);
      }
    };
    const repeatable = call.repeatable ?? (call.method ?? "GET") === "GET";
    return repeated(send, repeatable ? this.retries : 0, signal);
  }

  private fetchFor({ onProgress }: Call): Fetch {
    return onProgress && typeof XMLHttpRequest !== "undefined" ? fetchWithProgress(onProgress) : this.fetch;
  }

  private init(call: Call, token: string | null): RequestInit {
    const headers = new Headers();
    const given = { ...(call.json === undefined ? {} : { "content-type": "application/json" }), ...call.headers };
    for (const [name, value] of Object.entries(given)) if (value !== undefined) headers.set(name, value);
    if (token !== null) headers.set("authorization", `Bearer ${token}`);
    const body = call.json !== undefined ? JSON.stringify(call.json) : call.body;
    return {
      method: call.method ?? "GET",
      headers,
      credentials: this.credentials.byCookie ? "same-origin" : "omit",
      ...(body === undefined ? {} : { body }),
    };
  }
}

/** A path of encoded segments. */
export function path(...segments: string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join("");
}

/** The part of a URL from the question mark on; empty without parameters. */
export function search(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value);
  const text = parameters.toString();
  return text && `?${text}`;
}

async function readJson<R>(response: Response): Promise<R> {
  if (response.status === 204) return undefined as R;
  const text = await response.text();
  try {
    return JSON.parse(text) as R;
  } catch {
    throw foreignAnswer(response);
  }
}
