import { request as httpRequest } from "node:http";
import WebSocket from "ws";
import { type Backpack, type ClientOptions, createClient, isBackpackError, type TokenStorage } from "../src/index.js";
import type { Fetch } from "../src/http.js";
import type { WebSocketMaker } from "../src/realtime/socket.js";

/** The tenant to test against, such as http://sdk-tests.localhost:8000; the suite that needs it is skipped without. */
export const url = process.env["BACKPACK_TEST_URL"];
if (!url) console.warn("Tests against a server are skipped: set BACKPACK_TEST_URL and BACKPACK_TEST_KEY for them.");
export const apiKey = process.env["BACKPACK_TEST_KEY"] ?? "";

/** Node does not resolve *.localhost everywhere: connect to 127.0.0.1 with the tenant's Host header. */
export const localFetch: Fetch = async (input, init) => {
  const target = new URL(input);
  const made = new Request(input, init);
  const body = made.body ? Buffer.from(await made.arrayBuffer()) : undefined;
  // Node frames the body of a DELETE only when it is told the length.
  const length = body ? { "content-length": String(body.length) } : {};
  const headers = { ...Object.fromEntries(made.headers), ...length, host: target.host };
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: target.port, path: target.pathname + target.search, headers };
    const request = httpRequest({ ...options, method: made.method }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        const empty = status === 204 || status === 304;
        const answered = new Headers();
        for (const [name, value] of Object.entries(response.headers)) answered.set(name, String(value));
        resolve(new Response(empty ? null : Buffer.concat(chunks), { status, headers: answered }));
      });
    });
    init.signal?.addEventListener("abort", () => request.destroy(new Error("aborted")));
    request.on("error", reject);
    request.end(body);
  });
};

/** Every socket that was opened, so that a test can cut them. */
export const sockets: WebSocket[] = [];

const LocalWebSocket = class {
  constructor(address: string, protocols: string[]) {
    const target = new URL(address);
    const local = `ws://127.0.0.1:${target.port}${target.pathname}`;
    const socket = new WebSocket(local, protocols, { headers: { host: target.host } });
    sockets.push(socket);
    return socket as unknown as LocalWebSocket;
  }
} as unknown as WebSocketMaker;
type LocalWebSocket = InstanceType<WebSocketMaker>;

/** A storage of one's own, or shared as by two tabs. */
export function memory(entries: [key: string, value: string][] = []): TokenStorage {
  const kept = new Map(entries);
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/** A client of the tenant. */
export function client(target = url ?? "", storage = memory(), options: ClientOptions = {}): Backpack {
  return createClient(target, { fetch: localFetch, WebSocket: LocalWebSocket, storage, ...options });
}

/** A client that acts with the tenant's API key. */
export function script(key = apiKey): Backpack {
  return client(url, memory(), { apiKey: key });
}

/** The code of the error that it fails with. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isBackpackError(error)) throw new Error(`not refused as expected: ${String(error)}`);
  return error.code;
}

let people = 0;

/** A client whose user has just registered. */
export async function person(): Promise<Backpack> {
  const made = client();
  await made.auth.register({ email: `p${++people}-${Date.now()}@example.com`, password: "correct horse" });
  return made;
}

/** Wait until something is so. */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it never became so");
}
