import { describe, expect, it } from "vitest";
import { createClient } from "../src/index.js";
import { apiKey, localFetch, person, refusal, script, url } from "./backend.js";
import { bodyOf, json, withServer } from "./stub.js";

/** Whether the server has the routes. */
async function missing(): Promise<boolean> {
  const headers = { authorization: `Bearer ${apiKey}` };
  return !url || (await localFetch(`${url}/api/data/users/export`, { headers })).status === 404;
}

async function all<D>(documents: AsyncIterable<D>): Promise<D[]> {
  const found: D[] = [];
  for await (const document of documents) found.push(document);
  return found;
}

describe("an export", () => {
  it("is read as it comes, wherever it is cut", async () => {
    const bytes = Buffer.from('{"name":"Škoda"}\n{"name":"日産"}\n{"name":"Fiat"}');
    await withServer(
      async (_request, response) => {
        for (const byte of bytes) {
          response.write(Buffer.from([byte]));
          if (byte > 127) await new Promise((resolve) => setTimeout(resolve, 2));
        }
        response.end();
      },
      async (url) => {
        const cars = await all(createClient(url).collection<{ name: string }>("cars").export());
        expect(cars.map((car) => car.name)).toEqual(["Škoda", "日産", "Fiat"]);
      },
    );
  });

  it("ends the transfer when nobody reads on", async () => {
    let closed = false;
    await withServer(
      (_request, response) => {
        response.on("close", () => (closed = true)).write('{"n":1}\n{"n":2}\n');
      },
      async (url) => {
        for await (const car of createClient(url).collection<{ n: number }>("cars").export()) {
          expect(car.n).toBe(1);
          break;
        }
        for (let tries = 0; tries < 100 && !closed; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
        expect(closed).toBe(true);
      },
    );
  });

  it("says when it breaks off, and who aborts it", async () => {
    await withServer(
      (_request, response) => {
        response.write('{"n":1}\n');
        setTimeout(() => response.destroy(), 50);
      },
      async (url) => {
        const cars = createClient(url).collection<{ n: number }>("cars");
        expect(await refusal(all(cars.export()))).toBe("network_error");
        const abort = new AbortController();
        const reading = (async () => {
          for await (const _car of cars.export({ signal: abort.signal })) abort.abort(new Error("enough"));
        })();
        await expect(reading).rejects.toThrow("enough");
      },
    );
  });

  it("names what is no document", async () => {
    await withServer(
      (_request, response) => response.end("<!doctype html>\n"),
      async (url) => expect(await refusal(all(createClient(url).collection("cars").export()))).toBe("internal_error"),
    );
  });
});

describe("an import", () => {
  it("sends documents as lines, and files as they are", async () => {
    const sent: unknown[] = [];
    await withServer(
      async (request, response) => {
        sent.push([request.url, request.headers["content-type"], await bodyOf(request)]);
        json(response, 200, { created: 2, replaced: 0, skipped: 0 });
      },
      async (url) => {
        const cars = createClient(url).collection("cars");
        expect((await cars.import([{ n: 1 }, { n: 2 }], { onConflict: "skip" })).created).toBe(2);
        await cars.import((async function* () { yield { n: 3 }; })());
        await cars.import(new Blob(["n\n4\n"], { type: "text/csv;charset=utf-8" }));
        await cars.import(new Blob(["n\n5\n"]), { format: "csv" });
      },
    );
    const path = "/api/data/cars/import";
    expect(sent).toEqual([
      [`${path}?onConflict=skip`, "application/x-ndjson", '{"n":1}\n{"n":2}\n'],
      [path, "application/x-ndjson", '{"n":3}\n'],
      [path, "text/csv", "n\n4\n"],
      [path, "text/csv", "n\n5\n"],
    ]);
  });
});

describe("on a server", async () => {
  const skipped = await missing();

  it.skipIf(skipped)("what was exported can be imported", async () => {
    const backpack = await person();
    const cars = backpack.collection<{ n: number; name: string }>(`out${Date.now()}`);
    await cars.create([1, 2, 3].map((n) => ({ n, name: `Škoda ${n}` })));
    expect(await all(cars.export({ filter: { n: { $gt: 1 } } }))).toHaveLength(2);
    const table = await (await cars.export({ format: "csv" })).text();
    expect(table).toContain("Škoda 3");
    const copy = backpack.collection<{ n: number; name: string }>(`in${Date.now()}`);
    expect(await copy.import(cars.export())).toEqual({ created: 3, replaced: 0, skipped: 0 });
    expect((await copy.first({ sort: "-n" }))?.name).toBe("Škoda 3");
  });

  it.skipIf(skipped)("conflicts are answered as one likes", async () => {
    const cars = script().collection<{ n: number }>(`conflict${Date.now()}`);
    await cars.create({ id: "a", n: 1 });
    const both = [{ id: "a", n: 2 }, { id: "b", n: 2 }];
    expect(await refusal(cars.import(both))).toBe("already_exists");
    expect(await cars.import(both, { onConflict: "skip" })).toEqual({ created: 1, replaced: 0, skipped: 1 });
    expect((await cars.get("a")).n).toBe(1);
    expect(await cars.import(both, { onConflict: "replace" })).toEqual({ created: 0, replaced: 2, skipped: 0 });
    expect((await cars.get("a")).n).toBe(2);
  });

  it.skipIf(skipped)("tables can be imported", async () => {
    const cars = script().collection<{ name: string }>(`table${Date.now()}`);
    const table = new Blob(["id,name\na,Fiat\nb,Opel\n"], { type: "text/csv" });
    expect((await cars.import(table)).created).toBe(2);
    expect((await cars.get("b")).name).toBe("Opel");
  });
});
