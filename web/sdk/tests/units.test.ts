import { afterEach, describe, expect, it, vi } from "vitest";
import { backoffMs } from "../src/backoff.js";
import { getQuery, listCall, queryCall } from "../src/data/query.js";
import { newKey, writeCall } from "../src/data/write.js";
import { BackpackError, createClient, isBackpackError, type Version } from "../src/index.js";
import { errorOf } from "../src/errors.js";
import { Listeners } from "../src/listeners.js";
import { type Fetch, type Http, path, search } from "../src/http.js";

interface Car {
  price: number;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

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
    const [short, inUrl] = listCall<{ a: unknown }>("/api/data/cars", { filter: { a: 1 }, count: true });
    expect([short, inUrl.query?.["filter"], inUrl.query?.["count"]]).toEqual(["/api/data/cars", '{"a":1}', "true"]);
    const [long, inBody] = listCall<{ a: unknown }>("/api/data/cars", { filter: { a: "x".repeat(2000) } });
    expect([long, inBody.method]).toEqual(["/api/data/cars/query", "POST"]);
  });

  it("writes options as the server takes them", () => {
    const expand = { author: "users", tags: "labels" };
    const [, { query }] = listCall<Car>("/c", { sort: ["-price", "brand"], fields: ["-note"], expand, offset: 9 });
    expect(decodeURIComponent(search(query ?? {}))).toBe(
      "?offset=9&sort=-price,brand&fields=-note&expand=author:users,tags:labels",
    );
    const asked = { filter: { price: 1 }, sort: "price", fields: "brand", expand: "author:users" } as const;
    const [, { json }] = queryCall<Car>("/c", asked);
    expect(JSON.stringify(json)).toBe(JSON.stringify(asked));
    const read = getQuery({ asOf: new Date(0), fields: ["a", "b"] });
    expect(read).toMatchObject({ asOf: "1970-01-01T00:00:00.000Z", fields: "a,b" });
  });

  it("names versions by their tags", () => {
    const http = { retries: 0 } as Http;
    const match = (ifMatch: Version) => writeCall(http, "PATCH", {}, { ifMatch }).headers?.["if-match"];
    expect(match({ version: 3, createdAt: "2026-11-24T09:30:00.123Z" })).toBe('"3-2026-11-24T09:30:00.123Z"');
    expect([match("3-x"), match('W/"3-x"'), match("*")]).toEqual(['"3-x"', 'W/"3-x"', "*"]);
  });

  it("makes keys also where there is no randomUUID", () => {
    vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
    const keys = new Set(Array.from({ length: 100 }, newKey));
    expect(keys.size).toBe(100);
    expect([...keys].every((key) => /^[\d-]{7,43}$/.test(key))).toBe(true);
  });

  it("warns once of an API key in a browser", () => {
    vi.stubGlobal("window", {});
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    createClient("http://shop.localhost:8000");
    expect(warn).toHaveBeenCalledTimes(0);
    for (let made = 0; made < 2; made++) createClient("http://shop.localhost:8000", { apiKey: "bpk_x" });
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it("sends the API key, also on the tenant's own origin, and keeps no session", async () => {
    vi.stubGlobal("location", { origin: "http://shop.localhost:8000" });
    const sent: (string | null)[] = [];
    const fetch: Fetch = async (_url, init) => {
      sent.push(new Headers(init.headers).get("authorization"), init.credentials ?? null);
      return Response.json({ status: 401, code: "session_invalid", detail: "d" }, { status: 401 });
    };
    const backpack = createClient(undefined, { apiKey: "bpk_x", fetch });
    for (let call = 0; call < 2; call++) await backpack.collection("cars").list().catch(() => {});
    expect(sent).toEqual(["Bearer bpk_x", "omit", "Bearer bpk_x", "omit"]);
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
