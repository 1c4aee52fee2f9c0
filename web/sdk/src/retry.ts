import { backoffMs } from "./backoff.js";
import { isBackpackError } from "./errors.js";

/** A server that wants to be left alone for longer is reported instead. */
const LONGEST_WAIT_MS = 10_000;

/**
 * Send, and send again when the network failed or the server asked to come back (503 with Retry-After). Only for what
 * does no harm when it is sent twice: reads, and writes with an Idempotency-Key.
 */
export async function repeated<R>(send: () => Promise<R>, retries: number, signal: AbortSignal): Promise<R> {
  for (let retry = 0; ; retry++) {
    try {
      return await send();
    } catch (error) {
      const wait = waitMs(error, retry);
      if (retry >= retries || wait > LONGEST_WAIT_MS) throw error;
      await pause(wait, signal);
    }
  }
}

/** How long to wait after a failure; infinite where another try is pointless. */
function waitMs(error: unknown, retry: number): number {
  if (!isBackpackError(error)) return Infinity;
  const asked = error.status === 503 ? error.retryAfter : null;
  if (asked === null && error.code !== "network_error") return Infinity;
  return Math.max((asked ?? 0) * 1000, backoffMs(retry + 1));
}

/** Ends early when it is aborted: the next try then says so. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
