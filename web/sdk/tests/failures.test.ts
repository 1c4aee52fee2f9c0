import { describe, expect, it } from "vitest";
import { createClient } from "../src/index.js";
import { memory, refusal } from "./backend.js";
import { json, withServer } from "./stub.js";

describe("answers that are none", () => {
  it("names a page that is not Backpack's", async () => {
    await withServer(
      (_request, response) => response.writeHead(200, { "x-request-id": "r1" }).end("<!doctype html>"),
      async (url) => {
        const error: unknown = await createClient(url).collection("cars").list().catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: "internal_error", status: 200, requestId: "r1" });
        expect(String(error)).toContain("Does the URL lead to a Backpack tenant?");
      },
    );
  });

  it("says when an answer breaks off in its body", async () => {
    await withServer(
      (_request, response) => {
        response.writeHead(200, { "content-length": "100" }).write("{");
        setTimeout(() => response.destroy(), 20);
      },
      async (url) => expect(await refusal(createClient(url).collection("cars").list())).toBe("network_error"),
    );
  });

  it("says when an answer takes too long, also its body", async () => {
    await withServer(
      (request, response) => void (request.url?.includes("slow") ? response.writeHead(200).write("{") : undefined),
      async (url) => {
        const client = createClient(url, { timeoutMs: 100 });
        expect(await refusal(client.collection("silent").list())).toBe("timeout");
        expect(await refusal(client.collection("slow").list())).toBe("timeout");
      },
    );
  });

  it("throws the reason of whoever aborts", async () => {
    await withServer(
      () => {},
      async (url) => {
        const abort = new AbortController();
        const list = createClient(url).collection("cars").list({ signal: abort.signal });
        abort.abort(new Error("never mind"));
        await expect(list).rejects.toThrow("never mind");
      },
    );
  });
});

describe("a session that ends", () => {
  const problem = { status: 401, code: "session_invalid", title: "t", detail: "d", hint: "h" };

  it("is forgotten, and told to everybody", async () => {
    await withServer(
      (_request, response) => json(response, 401, problem),
      async (url) => {
        const storage = memory([[`backpack:${url}`, "old"]]);
        const backpack = createClient(url, { storage });
        const told: unknown[] = [];
        backpack.auth.onChange((user) => told.push(user));
        expect(await refusal(backpack.collection("cars").list())).toBe("session_invalid");
        expect(storage.getItem(`backpack:${url}`)).toBeNull();
        expect(told).toEqual([null]);
      },
    );
  });

  it("does not end the one that began meanwhile", async () => {
    const user = { id: "u1", email: "ann@example.com", version: 1 };
    await withServer(
      (request, response) => {
        if (request.url === "/api/auth/login") json(response, 200, { user, token: "new" });
        else setTimeout(() => json(response, 401, problem), 100);
      },
      async (url) => {
        const storage = memory([[`backpack:${url}`, "old"]]);
        const { auth } = createClient(url, { storage });
        const asked = auth.me();
        await auth.login({ email: "ann@example.com", password: "correct horse" });
        expect((await asked)?.id).toBe("u1");
        expect(storage.getItem(`backpack:${url}`)).toBe("new");
      },
    );
  });
});
