import type { Stop } from "./types.js";

/** Functions of the application that want to be told something. */
export class Listeners<T> {
  private readonly calls = new Set<(value: T) => void>();

  /** Tell this one too, until the returned function is called. */
  add(listener: (value: T) => void): Stop {
    // A function of its own, so that a listener that was added twice is told twice and ended one by one.
    const call = (value: T): void => guarded(() => listener(value));
    this.calls.add(call);
    return () => void this.calls.delete(call);
  }

  tell(value: T): void {
    for (const call of [...this.calls]) if (this.calls.has(call)) call(value);
  }
}

/** Call the application. What it throws is reported as uncaught, and does not keep the SDK from going on. */
export function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
