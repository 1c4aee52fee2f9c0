import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { createClient } from "../src/index.js";
import { client, localFetch, memory, person, refusal, url } from "./backend.js";
import { bodyOf, json, withServer } from "./stub.js";

const BUSY = { status: 503, code: "unavailable", title: "t", detail: "d", hint: "h" };

interface Sent {
  method: string | undefined;
  key: string | undefined;
  body: string;
}

async function noted(request: IncomingMessage): Promise<Sent> {
  return { method: request.method, key: request.headers["idempotency-key"] as string, body: await bodyOf(request) };
}

/** A server that drops the first connections after it has read what came; gives what it was sent. */
async function withDrops(drops: number, work: (url: string, sent: Sent[]) => Promise<void>): Promise<void> {
  const sent: Sent[] = [];
  await withServer(
    async (request, response) => {
      sent.push(await noted(request));
      if (sent.length <= drops) request.socket.destroy();
      else json(response, 200, { id: "c1", items: [], results: [], next: null });
    },
    (url) => work(url, sent),
  );
}

describe("after a lost connection", () => {
  it("sends a write again, with the same key and body", async () => {
    await withDrops(2, async (url, sent) => {
      await createClient(url).collection("cars").create({ brand: "Fiat" });
      expect(sent).toHaveLength(3);
      expect(new Set(sent.map((each) => each.key)).size).toBe(1);
      expect(sent[2]).toEqual({ method: "POST", key: expect.stringMatching(/^[\w-]{30,}$/), body: '{"brand":"Fiat"}' });
      await createClient(url).collection("cars").create({ brand: "Fiat" });
      expect(sent[3]?.key).not.toBe(sent[2]?.key);
    });
  });

  it.each([
    ["update", "PATCH"],
    ["replace", "PUT"],
    ["delete", "DELETE"],
    ["batch", "POST"],
  ])("sends %s again", async (name, method) => {
    await withDrops(1, async (url, sent) => {
      const backpack = createClient(url);
      const cars = backpack.collection("cars");
      if (name === "update") await cars.update("c1", { $inc: { n: 1 } });
      else if (name === "replace") await cars.replace("c1", {});
      else if (name === "delete") await cars.delete("c1");
      else await backpack.batch().collection("cars").create({}).commit();
      expect(sent.map((each) => each.method)).toEqual([method, method]);
      expect(sent[0]?.key).toBe(sent[1]?.key);
    });
  });

  it("reads again, also with a filter in the body, without a key", async () => {
    for (const filter of [{ brand: "Fiat" }, { brand: "x".repeat(2000) }]) {
      await withDrops(1, async (url, sent) => {
        await createClient(url).collection("cars").list({ filter });
        expect(sent.map((each) => each.key)).toEqual([undefined, undefined]);
      });
    }
    await withDrops(1, async (url) => {
      expect(await createClient(url).collection("cars").aggregate([{ $limit: 1 }])).toEqual([]);
    });
  });

  it("gives up after so many", async () => {
    await withDrops(9, async (url, sent) => {
      expect(await refusal(createClient(url).collection("cars").create({}))).toBe("network_error");
      expect(sent).toHaveLength(3);
      expect(await refusal(createClient(url, { retries: 1 }).collection("cars").list())).toBe("network_error");
      expect(sent).toHaveLength(5);
      expect(await refusal(createClient(url, { retries: 0 }).collection("cars").create({}))).toBe("network_error");
      expect(sent).toHaveLength(6);
      expect(sent[5]?.key).toBeUndefined();
    });
  });

  it("does not send again what might happen twice", async () => {
    await withDrops(9, async (url, sent) => {
      const backpack = createClient(url);
      const account = { email: "ann@example.com", password: "correct horse" };
      expect(await refusal(backpack.auth.register(account))).toBe("network_error");
      expect(await refusal(backpack.files.upload(new Blob(["x"])))).toBe("network_error");
      expect(await refusal(backpack.collections.create("cars"))).toBe("network_error");
      expect(await refusal(backpack.collection("cars").import([{}]))).toBe("network_error");
      expect(sent).toHaveLength(4);
    });
  });

  it("takes a key of one's own", async () => {
    await withDrops(1, async (url, sent) => {
      await createClient(url).collection("cars").create({}, { idempotencyKey: "order-7" });
      expect(sent.map((each) => each.key)).toEqual(["order-7", "order-7"]);
    });
  });

  it("stops when it is aborted while it waits", async () => {
    await withDrops(9, async (url, sent) => {
      const abort = new AbortController();
      const list = createClient(url).collection("cars").list({ signal: abort.signal });
      setTimeout(() => abort.abort(new Error("never mind")), 100);
      await expect(list).rejects.toThrow("never mind");
      await new Promise((resolve) => setTimeout(resolve, 600));
      expect(sent).toHaveLength(1);
    });
  });

  it("stops when the time of the call is over", async () => {
    await withDrops(9, async (url, sent) => {
      expect(await refusal(createClient(url, { timeoutMs: 120 }).collection("cars").list())).toBe("timeout");
      expect(sent).toHaveLength(1);
    });
  });
});

describe("a server that is busy", () => {
  async function tries(headers: Record<string, string>): Promise<{ sent: number; failed: unknown }> {
    let sent = 0;
    let failed: unknown = null;
    await withServer(
      (_request, response) => {
        if (++sent === 1) json(response, 503, BUSY, headers);
        else json(response, 200, { items: [], next: null });
      },
      async (url) => {
        await createClient(url).collection("cars").list().catch((error: unknown) => (failed = error));
      },
    );
    return { sent, failed };
  }

  it("is asked again when it says when", async () => {
    expect(await tries({ "retry-after": "0" })).toEqual({ sent: 2, failed: null });
  });

  it("is left alone when it does not, or for long", async () => {
    expect(await tries({})).toMatchObject({ sent: 1, failed: { code: "unavailable", retryAfter: null } });
    expect(await tries({ "retry-after": "60" })).toMatchObject({ sent: 1, failed: { retryAfter: 60 } });
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    expect(await tries({ "retry-after": date })).toMatchObject({ sent: 1, failed: { code: "unavailable" } });
  });
});

describe.skipIf(!url)("a write whose answer is lost", () => {
  it("happens once", async () => {
    const name = `once${Date.now()}`;
    const storage = memory();
    let lost = 0;
    const lossy = client(url, storage, {
      fetch: async (input, init) => {
        const response = await localFetch(input, init);
        if (init.method === "GET" || !input.includes("/data/") || lost++ % 2) return response;
        throw new TypeError("The answer was lost.");
      },
    });
    await lossy.auth.register({ email: `lossy-${Date.now()}@example.com`, password: "correct horse" });
    const cars = lossy.collection<{ n: number }>(name);
    const car = await cars.create({ n: 1 });
    expect((await cars.update(car.id, { $inc: { n: 1 } })).n).toBe(2);
    await cars.create([{ n: 7 }, { n: 8 }]);
    expect(await cars.count()).toBe(3);
    await cars.delete(car.id);
    expect(lost).toBe(8);
    expect(await cars.count()).toBe(2);
  });

  it("may be sent again by hand, but not with something else", async () => {
    const cars = (await person()).collection<{ n: number }>(`hand${Date.now()}`);
    const options = { idempotencyKey: "order-7" };
    const [one, again] = [await cars.create({ n: 1 }, options), await cars.create({ n: 1 }, options)];
    expect(again).toEqual(one);
    expect(await refusal(cars.create({ n: 2 }, options))).toBe("idempotency_key_reused");
  });
});
