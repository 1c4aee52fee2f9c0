import { afterEach, describe, expect, it, vi } from "vitest";
import { BackpackError, createClient, isBackpackError } from "../src/index.js";
import { errorOf } from "../src/errors.js";
import { Listeners } from "../src/listeners.js";
import { path } from "../src/http.js";
import { listCall } from "../src/query.js";
import { backoffMs } from "../src/realtime/backoff.js";

afterEach(() => vi.unstubAllGlobals());

describe("units", () => {
  it("goes on when the application's listeners throw", () => {
    const reported: (() => void)[] = [];
    vi.stubGlobal("queueMicrotask", (task: () => void) => reported.push(task));
    const listeners = new Listeners<number>();
    const heard: number[] = [];
    listeners.add(() => {
      throw new Error("theirs");
    });
    const stop = listeners.add((value) => heard.push(value));
    listeners.tell(1);
    stop();
    listeners.tell(2);
    expect(heard).toEqual([1]);
    expect(reported).toHaveLength(2);
    expect(reported[0]).toThrow("theirs");
  });

  it("waits longer each time, spread, and not for ever", () => {
    const middle = Array.from({ length: 12 }, (_, attempt) => backoffMs(attempt, () => 0.5));
    expect(middle).toEqual([...middle].sort((a, b) => a - b));
    expect(middle[0]).toBe(100);
    expect(middle.at(-1)).toBe(10_000);
    expect(backoffMs(0, () => 0)).toBeLessThan(backoffMs(0, () => 1));
  });

  it("encodes paths", () => {
    expect(path("a b", "c/d")).toBe("/a%20b/c%2Fd");
  });

  it("puts a long filter into a body", () => {
    const [short, inUrl] = listCall("/api/data/cars", { filter: { a: 1 }, count: true });
    expect([short, inUrl.query?.["filter"], inUrl.query?.["count"]]).toEqual(["/api/data/cars", '{"a":1}', "true"]);
    const [long, inBody] = listCall("/api/data/cars", { filter: { a: "x".repeat(2000) } });
    expect([long, inBody.method]).toEqual(["/api/data/cars/query", "POST"]);
  });

  it("reads problems and what is none", async () => {
    const body = { status: 404, code: "document_not_found", title: "t", detail: "d.", hint: "h", requestId: "r" };
    const error = await errorOf(new Response(JSON.stringify(body), { status: 404 }));
    expect([error.code, error.message, error.requestId]).toEqual(["document_not_found", "d. h", "r"]);
    expect(isBackpackError(error) && error instanceof BackpackError).toBe(true);
    expect(isBackpackError(new Error("x"))).toBe(false);
    const strange = await errorOf(new Response("<html>", { status: 502 }));
    expect([strange.status, strange.code]).toEqual([502, "internal_error"]);
  });

  it("needs a URL outside of browsers", () => {
    expect(() => createClient()).toThrow(/URL/);
    expect(createClient("http://shop.localhost:8000/x?y").url).toBe("http://shop.localhost:8000");
  });
});
