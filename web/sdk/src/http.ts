import { type BackpackError, errorOf, isBackpackError, networkError, timeoutError } from "./errors";

/** What to send. */
export interface Call {
  method?: string;
  query?: Record<string, string | undefined>;
  /** Sent as JSON. */
  json?: unknown;
  body?: BodyInit;
  signal?: AbortSignal | undefined;
  /** Whether it may take as long as it takes (the bytes of files). */
  unlimited?: boolean;
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
  ) {}

  /** The answer's JSON; undefined when there is none (204). */
  json<R>(path: string, call: Call = {}): Promise<R> {
    return this.answered(call, async (signal) => {
      const response = await this.fetched(path, call, signal);
      return response.status === 204 ? (undefined as R) : ((await response.json()) as R);
    });
  }

  /** The answer's bytes. */
  blob(path: string, call: Call = {}): Promise<Blob> {
    return this.answered(call, async (signal) => (await this.fetched(path, call, signal)).blob());
  }

  /** Runs a call; every failure but an abort by the caller becomes a `BackpackError`. */
  private async answered<R>(call: Call, run: (signal: AbortSignal | null) => Promise<R>): Promise<R> {
    const timeout = call.unlimited ? null : AbortSignal.timeout(this.timeoutMs);
    const signals = [call.signal, timeout].filter((signal) => signal != null);
    try {
      return await run(signals.length ? AbortSignal.any(signals) : null);
    } catch (error) {
      if (call.signal?.aborted || isBackpackError(error)) throw error;
      throw timeout?.aborted ? timeoutError(this.timeoutMs, error) : networkError(this.url, error);
    }
  }

  private async fetched(path: string, call: Call, signal: AbortSignal | null): Promise<Response> {
    const token = this.credentials.token();
    const response = await this.fetch(this.address(path, call.query), this.init(call, token, signal));
    if (response.ok) return response;
    const error = await errorOf(response);
    this.notice(error, token);
    throw error;
  }

  /** An absolute address. */
  address(path: string, query: Record<string, string | undefined> = {}): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value);
    const text = parameters.toString();
    return this.url + path + (text ? `?${text}` : "");
  }

  private init(call: Call, token: string | null, signal: AbortSignal | null): RequestInit {
    const headers: Record<string, string> = {};
    if (token !== null) headers["authorization"] = `Bearer ${token}`;
    if (call.json !== undefined) headers["content-type"] = "application/json";
    const body = call.json !== undefined ? JSON.stringify(call.json) : call.body;
    return {
      method: call.method ?? "GET",
      headers,
      signal,
      credentials: this.credentials.byCookie ? "same-origin" : "omit",
      ...(body === undefined ? {} : { body }),
    };
  }

  /** Look out for a session that is over. */
  notice(error: BackpackError, token: string | null): void {
    if (error.code === "session_invalid") this.credentials.ended(token);
  }
}

/** A path of encoded segments. */
export function path(...segments: string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join("");
}
