import type { Fetch } from "./http.js";
import { guarded } from "./listeners.js";

/** Sends like fetch and tells the share that is sent, which fetch itself cannot: XMLHttpRequest can. */
export function fetchWithProgress(tell: (done: number) => void): Fetch {
  return (input, init) =>
    new Promise((resolve, reject) => {
      const { signal } = init;
      signal?.throwIfAborted();
      const request = new XMLHttpRequest();
      const abort = (): void => request.abort();
      request.open(init.method ?? "GET", input);
      new Headers(init.headers).forEach((value, name) => request.setRequestHeader(name, value));
      request.upload.onprogress = ({ loaded, total }) => guarded(() => tell(total ? loaded / total : 0));
      request.onload = () => resolve(new Response(request.responseText || null, { status: request.status }));
      request.onerror = () => reject(new TypeError("The upload broke off."));
      request.onabort = () => reject(signal?.reason);
      request.onloadend = () => signal?.removeEventListener("abort", abort);
      signal?.addEventListener("abort", abort);
      request.send(init.body as FormData);
    });
}
