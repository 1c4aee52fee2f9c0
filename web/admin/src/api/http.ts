import type { Problem } from "./types";

/** A request that the server refused, or that did not reach it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

export async function getJson<T>(path: string, signal: AbortSignal): Promise<T> {
  const response = await send(path, { signal });
  return (await response.json()) as T;
}

export function postJson<T>(path: string, body: object): Promise<T> {
  return sendJson("POST", path, body);
}

export function putJson<T>(path: string, body: object): Promise<T> {
  return sendJson("PUT", path, body);
}

export function patchJson<T>(path: string, body: object): Promise<T> {
  return sendJson("PATCH", path, body);
}

async function sendJson<T>(method: string, path: string, body: object): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  const response = await send(path, { method, headers, body: JSON.stringify(body) });
  return (await response.json()) as T;
}

export async function postZip<T>(path: string, archive: Blob): Promise<T> {
  const headers = { "Content-Type": "application/zip" };
  const response = await send(path, { method: "POST", headers, body: archive });
  return (await response.json()) as T;
}

export async function remove(path: string): Promise<void> {
  await send(path, { method: "DELETE" });
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    // A cancelled request is not a failure of the server; whoever cancelled it wants to see the cancellation.
    if (init.signal?.aborted) throw error;
    throw new ApiError(unreachable);
  }
  if (!response.ok) throw new ApiError(await readProblem(response));
  return response;
}

const unreachable: Problem = {
  code: "unreachable",
  title: "The server does not answer",
  status: 0,
  hint: "Check that Backpack is running and that this computer is online, then try again.",
};

async function readProblem(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  if (isProblem(body)) return body;
  // Something in between answered, such as a proxy.
  const requestId = response.headers.get("X-Request-Id");
  return {
    code: "unexpected_answer",
    title: "The server gave an unexpected answer",
    status: response.status,
    detail: `${response.status} ${response.statusText}`.trim(),
    ...(requestId === null ? {} : { requestId }),
  };
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value && "title" in value && "status" in value;
}
