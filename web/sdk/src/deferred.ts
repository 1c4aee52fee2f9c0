/** A promise that is settled from elsewhere. */
export class Deferred<T> {
  resolve!: (value: T) => void;
  reject!: (reason: unknown) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  /** Reject because the caller no longer wants it; nobody has to catch that. */
  abandon(reason: unknown): void {
    this.promise.catch(() => {});
    this.reject(reason);
  }
}
