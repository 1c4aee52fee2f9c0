import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { createClient, type Subscription } from "../src/index.js";
import type { WebSocketMaker } from "../src/realtime/socket.js";

const HELLO = JSON.stringify({ type: "hello", protocol: "backpack.v1", user: null });

/** A realtime endpoint that does what a real one only does in trouble. */
class Endpoint {
  readonly frames: string[] = [];
  connections = 0;
  private readonly server = new WebSocketServer({ port: 0, host: "127.0.0.1" });

  constructor(greet: (socket: WebSocket) => void) {
    this.server.on("connection", (socket) => {
      this.connections++;
      socket.on("message", (data) => this.frames.push((JSON.parse(String(data)) as { type: string }).type));
      greet(socket);
    });
  }

  /** Subscribes; gives what the error handler is told. */
  async follow(): Promise<{ live: Subscription<object>; codes: string[] }> {
    if (!this.server.address()) await once(this.server, "listening");
    const url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    const backpack = createClient(url, { WebSocket: WebSocket as unknown as WebSocketMaker });
    const codes: string[] = [];
    const live = backpack.collection("cars").subscribe({}, { change() {}, error: ({ code }) => codes.push(code) });
    return { live, codes };
  }

  stop(): void {
    for (const socket of this.server.clients) socket.terminate();
    this.server.close();
  }
}

/** Timers may be false here, the network is not. */
async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 3000;
  while (!condition()) {
    if (performance.now() > end) throw new Error("it never became so");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("the socket", () => {
  let endpoint: Endpoint;
  afterEach(() => {
    vi.useRealTimers();
    endpoint.stop();
  });

  it.each([
    [4400, "invalid_request"],
    [4403, "tenant_not_found"],
  ])("does not come back after %i", async (closeCode, code) => {
    endpoint = new Endpoint((socket) => socket.close(closeCode));
    const { codes, live } = await endpoint.follow();
    await expect(live.ready).rejects.toMatchObject({ code });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([codes, endpoint.connections]).toEqual([[code], 1]);
  });

  it("waits longer each time for a server that greets and closes at once", async () => {
    endpoint = new Endpoint((socket) => socket.send(HELLO, () => socket.close(1013)));
    const { live, codes } = await endpoint.follow();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    live.close();
    await expect(live.ready).rejects.toThrow("closed before");
    expect(endpoint.connections).toBeGreaterThanOrEqual(3);
    expect(endpoint.connections).toBeLessThanOrEqual(5);
    expect(codes).toEqual([]);
  });

  it("asks after silence, and connects again when nobody answers", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    endpoint = new Endpoint((socket) => socket.send(HELLO));
    const { live } = await endpoint.follow();
    await until(() => endpoint.frames.length === 1);
    vi.advanceTimersByTime(30_000);
    await until(() => endpoint.frames.length === 2);
    expect(endpoint.frames).toEqual(["subscribe", "ping"]);
    vi.advanceTimersByTime(10_000);
    vi.advanceTimersByTime(200);
    await until(() => endpoint.connections === 2);
    live.close();
    await expect(live.ready).rejects.toThrow("closed before");
  });

  it("is closed some seconds after its last use", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let closed = false;
    endpoint = new Endpoint((socket) => {
      socket.on("close", () => (closed = true));
      socket.send(HELLO);
    });
    const { live } = await endpoint.follow();
    await until(() => endpoint.frames.length === 1);
    live.close();
    await until(() => endpoint.frames.length === 2);
    expect([endpoint.frames, closed]).toEqual([["subscribe", "unsubscribe"], false]);
    vi.advanceTimersByTime(3000);
    await until(() => closed);
    expect(endpoint.connections).toBe(1);
  });
});
