/** The codes of the server's errors (docs/errors.md), and those of the network itself. */
export type ErrorCode =
  | "account_disabled"
  | "account_exists"
  | "already_exists"
  | "authentication_required"
  | "bad_cursor"
  | "bad_filter"
  | "bad_host"
  | "bad_json"
  | "bad_pipeline"
  | "bad_sort"
  | "bad_update"
  | "collection_not_found"
  | "conflict"
  | "document_not_found"
  | "field_hidden"
  | "file_not_found"
  | "forbidden"
  | "headers_too_large"
  | "history_gone"
  | "idempotency_key_reused"
  | "internal_error"
  | "invalid_request"
  | "method_not_allowed"
  | "not_found"
  | "not_verified"
  | "out_of_space"
  | "operation_not_found"
  | "operation_running"
  | "over_quota"
  | "plan_not_found"
  | "precondition_failed"
  | "provider_failed"
  | "query_too_expensive"
  | "range_not_satisfiable"
  | "route_not_found"
  | "schema_violated"
  | "second_factor_required"
  | "session_invalid"
  | "sign_in_cancelled"
  | "sign_up_closed"
  | "site_not_found"
  | "snapshot_not_found"
  | "template_not_found"
  | "tenant_moved"
  | "tenant_not_found"
  | "tenant_suspended"
  | "token_invalid"
  | "too_large"
  | "too_many"
  | "unavailable"
  | "unsupported_media_type"
  | "wrong_credentials"
  | "wrong_host"
  | "wrong_origin"
  | "network_error"
  | "timeout"
  | (string & {});

/** What is wrong at one place of the request. */
export interface Place {
  path: string;
  message: string;
}

/** An error's body as the server sends it (RFC 9457). */
export interface Problem {
  status: number;
  code: ErrorCode;
  title: string;
  detail: string;
  hint?: string;
  errors?: Place[];
  requestId?: string;
}

const NAME = "BackpackError";

/** Everything that this SDK throws. `detail` says what happened, `hint` what to do next. */
export class BackpackError extends Error {
  override readonly name = NAME;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly hint: string;
  readonly errors: Place[];
  readonly requestId: string;
  /** Seconds after which another try makes sense, where the server says so. */
  readonly retryAfter: number | null;

  constructor(problem: Problem, cause?: unknown, retryAfter: number | null = null) {
    super(problem.hint ? `${problem.detail} ${problem.hint}` : problem.detail, { cause });
    this.status = problem.status;
    this.code = problem.code;
    this.detail = problem.detail;
    this.hint = problem.hint ?? "";
    this.errors = problem.errors ?? [];
    this.requestId = problem.requestId ?? "";
    this.retryAfter = retryAfter;
  }
}

/** Whether it is an error of this SDK; unlike `instanceof` also across two copies of it. */
export function isBackpackError(error: unknown): error is BackpackError {
  return error instanceof Error && error.name === NAME && "code" in error;
}

/** The error that a failed answer stands for. */
export async function errorOf(response: Response): Promise<BackpackError> {
  const text = await response.text();
  const body = parsed(text);
  return isProblem(body) ? new BackpackError(body, undefined, retryAfterOf(response)) : foreignAnswer(response);
}

/** The error for an answer that no Backpack server gives, such as a proxy's page. */
export function foreignAnswer(response: Response): BackpackError {
  const problem: Problem = {
    status: response.status,
    code: "internal_error",
    title: "Unexpected answer",
    detail: `The server answered ${response.status}, not in Backpack's form.`,
    hint: "Does the URL lead to a Backpack tenant?",
    requestId: response.headers.get("x-request-id") ?? "",
  };
  return new BackpackError(problem, undefined, retryAfterOf(response));
}

/** The error for a request that never got an answer. */
export function networkError(url: string, cause: unknown): BackpackError {
  const detail = `${url} cannot be reached.`;
  const hint = "Is the server running, and is the URL right?";
  return new BackpackError({ status: 0, code: "network_error", title: "Network error", detail, hint }, cause);
}

/** The error for a request that took too long. */
export function timeoutError(milliseconds: number, cause?: unknown): BackpackError {
  const detail = `There was no answer within ${milliseconds} ms.`;
  const hint = "Try again, or raise timeoutMs.";
  return new BackpackError({ status: 0, code: "timeout", title: "Timeout", detail, hint }, cause);
}

/** The error for a realtime frame that the server would close the connection for. */
export function frameTooLarge(bytes: number, most: number): BackpackError {
  const detail = `The message has ${bytes} bytes, at most ${most} are allowed.`;
  const hint = "Send less at once, or store it as a document or file and send its id.";
  return new BackpackError({ status: 0, code: "too_large", title: "Too large", detail, hint });
}

/** Seconds, from the header's seconds or date. */
function retryAfterOf({ headers }: Response): number | null {
  const text = headers.get("retry-after");
  if (!text) return null;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body && "status" in body;
}
