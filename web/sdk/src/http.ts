import { BackpackError, errorOf, networkError, timeoutError } from "./errors";

/** What to send. */
export interface Call {
  method?: string;
  query?: Record<string, string | undefined>;
  /** Sent as JSON. */
  json?: unknown;
  body?: BodyInit;
  signal?: AbortSignal | undefined;
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
  async json<R>(path: string, call: Call = {}): Promise<R> {
    const response = await this.send(path, call);
    if (response.status === 204) return undefined as R;
    return (await response.json()) as R;
  }

  /** The answer itself. Throws `BackpackError` for every failure but an abort by the caller. */
  async send(path: string, call: Call = {}): Promise<Response> {
    const timeout = AbortSignal.timeout(this.timeoutMs);
    const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout;
    const token = this.credentials.token();
    let response: Response;
    try {
      response = await this.fetch(this.address(path, call.query), this.init(call, token, signal));
    } catch (error) {
      if (call.signal?.aborted) throw error;
      throw timeout.aborted ? timeoutError(this.timeoutMs, error) : networkError(this.url, error);
    }
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

  private init(call: Call, token: string | null, signal: AbortSignal): RequestInit {
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

  private notice(error: BackpackError, token: string | null): void {
    if (error.code === "session_invalid") this.credentials.ended(token);
  }
}

/** A path of encoded segments. */
export function path(...segments: string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join("");
}
