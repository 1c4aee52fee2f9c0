import { describe, expect, it } from "vitest";
import { BackpackError, createClient, isBackpackError } from "../src/index";
import { errorOf } from "../src/errors";
import { path } from "../src/http";
import { listCall } from "../src/query";
import { backoffMs } from "../src/realtime/backoff";

describe("units", () => {
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
