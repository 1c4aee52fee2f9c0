import { describe, expect, it } from "vitest";
import { person, refusal, script, url } from "./backend.js";

interface Car {
  brand: string;
  price?: number;
  tags?: string[];
  seller?: { city: string };
  maker?: string;
}

async function collection() {
  return (await person()).collection<Car>(`cars${Date.now()}${Math.random().toString(36).slice(2, 6)}`);
}

describe.skipIf(!url)("documents on a server", () => {
  it("are listed with fields, offset and sort, and found first", async () => {
    const cars = await collection();
    await cars.create([0, 1, 2, 3, 4].map((price) => ({ brand: price % 2 ? "Opel" : "Fiat", price })));
    const page = await cars.list({ sort: ["brand", "-price"], fields: ["price"], offset: 1, limit: 3 });
    expect(page.items.map((car) => car.price)).toEqual([2, 0, 3]);
    expect(Object.keys(page.items[0] ?? {}).sort()).toEqual(["id", "price"]);
    const rest: number[] = [];
    for await (const car of cars.iterate({ sort: "price", offset: 1, pageSize: 2, fields: "-brand" })) {
      expect("brand" in car).toBe(false);
      rest.push(car.price ?? -1);
    }
    expect(rest).toEqual([1, 2, 3, 4]);
    expect((await cars.first({ sort: "-price" }))?.price).toBe(4);
    expect(await cars.first({ filter: { brand: "Seat" } })).toBeNull();
    const long = { price: { $in: Array.from({ length: 900 }, (_, number) => number) } };
    const part = { sort: ["-price"], offset: 1, limit: 1, count: true };
    const posted = await cars.list({ ...part, filter: long, fields: ["brand"] });
    expect([posted.items[0]?.brand, posted.total]).toEqual(["Opel", 5]);
  });

  it("are filtered by every operator", async () => {
    const cars = await collection();
    await cars.create([
      { brand: "Fiat", price: 4, tags: ["red", "old"], seller: { city: "Turin" } },
      { brand: "Opel", price: 7 },
    ]);
    expect(await cars.count({ "seller.city": "Turin", price: { $mod: [2, 0], $nin: [1], $type: "int" } })).toBe(1);
    expect(await cars.count({ tags: { $all: ["red"], $size: 2, $exists: true } })).toBe(1);
    expect(await cars.count({ tags: { $elemMatch: { $regex: "^R", $options: "i" } } })).toBe(1);
    expect(await cars.count({ $nor: [{ price: { $not: { $gt: 5 } } }], $and: [{ brand: { $ne: "Fiat" } }] })).toBe(1);
    expect(await cars.count({ createdAt: { $lte: new Date(Date.now() + 60_000) } })).toBe(2);
  });

  it("are answered with what they refer to", async () => {
    const backpack = await person();
    const [cars, makers] = [backpack.collection<Car>("refcars"), backpack.collection<{ name: string }>("makers")];
    const maker = await makers.create({ name: "Fiat S.p.A." });
    const car = await cars.create({ brand: "Fiat", maker: maker.id });
    const read = await cars.get(car.id, { expand: { maker: "makers" }, fields: ["maker"] });
    expect(read.$expand.maker?.["name"]).toBe("Fiat S.p.A.");
    const listed = await cars.list({ filter: { id: car.id }, expand: "maker:makers" });
    expect(listed.items[0]?.$expand.maker?.id).toBe(maker.id);
  });

  it("are changed by operators, and only as the version that was read", async () => {
    const cars = await collection();
    const car = await cars.create({ brand: "Fiat", price: 1, tags: ["a"] });
    const newer = await cars.update(car.id, { $inc: { price: 2 }, $push: { tags: "b" } }, { ifMatch: car });
    expect([newer.price, newer.tags]).toEqual([3, ["a", "b"]]);
    expect(await refusal(cars.update(car.id, { price: 9 }, { ifMatch: car }))).toBe("precondition_failed");
    const tag = `${newer.version}-${newer.createdAt}`;
    expect((await cars.replace(car.id, { brand: "Opel" }, { ifMatch: tag })).brand).toBe("Opel");
    expect(await refusal(cars.replace(car.id, { brand: "x" }, { ifNoneMatch: "*" }))).toBe("precondition_failed");
    expect(await refusal(cars.replace("new", { brand: "x" }, { ifMatch: "*" }))).toBe("document_not_found");
    expect((await cars.replace("new", { brand: "x" }, { ifNoneMatch: "*" })).version).toBe(1);
    expect(await refusal(cars.delete(car.id, { ifMatch: newer }))).toBe("precondition_failed");
    expect(await refusal(cars.update(car.id, { $inc: { brand: 1 } } as object))).toBe("bad_update");
  });

  it("are made all or none", async () => {
    const cars = await collection();
    expect(await cars.create([])).toEqual([]);
    expect(await refusal(cars.create([{ id: "a", brand: "Fiat" }, { id: "a", brand: "Opel" }]))).toBe("already_exists");
    expect(await cars.count()).toBe(0);
    const made = await cars.create([{ id: "a", brand: "Fiat" }, { id: "b", brand: "Opel" }]);
    expect(made.map((car) => car.id)).toEqual(["a", "b"]);
  });

  it("have a history", async () => {
    const cars = await collection();
    const car = await cars.create({ brand: "Fiat", price: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await cars.update(car.id, { price: 2 });
    expect((await cars.get(car.id, { asOf: new Date(car.createdAt) })).price).toBe(1);
    await cars.delete(car.id);
    const versions = await cars.history(car.id);
    expect(versions.map(({ op, document }) => [op, document?.price])).toEqual([
      ["delete", undefined],
      ["update", 2],
      ["create", 1],
    ]);
    expect(await cars.history(car.id, { limit: 1 })).toHaveLength(1);
  });

  it("are summed up", async () => {
    const cars = await collection();
    await cars.create([1, 2, 3].map((price) => ({ brand: price > 1 ? "Opel" : "Fiat", price })));
    const sums = await cars.aggregate<{ _id: string; total: number }>([
      { $group: { _id: "$brand", total: { $sum: "$price" } } },
      { $sort: { total: -1 } },
    ]);
    expect(sums).toEqual([{ _id: "Opel", total: 5 }, { _id: "Fiat", total: 1 }]);
    expect(await refusal(cars.aggregate([{ $mach: {} } as never]))).toBe("bad_pipeline");
  });
});

describe.skipIf(!url)("a batch", () => {
  it("does all of it, with the results in order", async () => {
    const backpack = await person();
    const cars = backpack.collection<Car>("batched");
    const old = await cars.create({ brand: "Fiat", price: 1 });
    const batch = backpack.batch();
    const [made, changed, replaced, gone] = await batch
      .collection<Car>("batched")
      .create({ brand: "Opel" })
      .collection<Car>("batched")
      .update(old.id, { $inc: { price: 1 } }, { ifMatch: old })
      .collection<Car>("batchlog")
      .replace("last", { brand: "Seat" })
      .collection<Car>("batched")
      .delete(old.id)
      .commit();
    expect([made.document.brand, changed.document.price]).toEqual(["Opel", 2]);
    expect([replaced.id, gone.document]).toEqual(["last", null]);
    expect([made.op, changed.op, replaced.op, gone.op]).toEqual(["create", "update", "overwrite", "delete"]);
    expect(await batch.commit()).toEqual([]);
  });

  it("does nothing when one write is refused, and may be tried again", async () => {
    const backpack = await person();
    const cars = backpack.collection<Car>(`batch${Date.now()}`);
    const old = await cars.create({ brand: "Fiat" });
    const newer = await cars.update(old.id, { price: 1 });
    const batch = backpack.batch();
    const writes = batch.collection<Car>(cars.name);
    writes.create({ id: "c1", brand: "Opel" });
    writes.update("c2", { price: 1 });
    expect(await refusal(batch.commit())).toBe("document_not_found");
    expect(await cars.count()).toBe(1);
    await cars.create({ id: "c2", brand: "Seat" });
    expect((await batch.commit()).map((result) => result.id)).toEqual(["c1", "c2"]);
    const stale = backpack.batch().collection<Car>(cars.name).delete(newer.id, { ifMatch: old });
    expect(await refusal(stale.commit())).toBe("precondition_failed");
  });
});

describe.skipIf(!url)("an API key", () => {
  it("asks why", async () => {
    const { collections, rules } = script();
    const name = `ruled-${Date.now()}`;
    const fields = { salary: { read: "nobody" }, code: { write: "once" } } as const;
    const made = await collections.create(name, { rules: { read: { team: "$user.team" }, list: "public" }, fields });
    expect([made.rules.read, made.fields]).toEqual([{ team: "$user.team" }, fields]);
    const answer = await rules.explain({ collection: name, action: "list" });
    expect([answer.allowed, answer.status, answer.hiddenFields]).toEqual([true, 200, ["salary"]]);
    const found = (await rules.lint()).filter((each) => each.collection === name && each.action === "read");
    expect(found.map((each) => each.severity)).toEqual(["warning"]);
    expect((await collections.update(name, { fields: null })).fields).toBeUndefined();
    await collections.delete(name);
  });

  it("makes keys and settings", async () => {
    const { keys, settings } = script();
    const made = await keys.create({ name: "reader", scope: "read", collections: ["cars"], days: 1 });
    expect((await keys.list()).map((each) => each.id)).toContain(made.id);
    expect(await refusal(script(made.key).collection("cars").create({}))).toBe("forbidden");
    const next = await keys.rotate(made.id, 1);
    await keys.delete(made.id);
    expect(await refusal(script(made.key).collection("cars").list())).toBe("session_invalid");
    expect((await script(next.key).collection("cars").list({ limit: 1 })).items.length).toBeLessThan(2);
    await keys.delete(next.id);
    expect((await settings.update({ appName: "Shop", accounts: { resetMinutes: 30 } })).appName).toBe("Shop");
    expect((await settings.update({ appName: null, accounts: null })).accounts.resetMinutes).toBe(60);
    expect((await settings.setMail("reset", { subject: "s", text: "${link}" })).own).toBe(true);
    await settings.resetMail("reset");
    expect([(await settings.mails())["reset"]?.own, (await settings.get()).appName]).toEqual([false, ""]);
  });

  it("manages collections", async () => {
    const { collections } = script();
    const name = `kept${Date.now()}`;
    const made = await collections.create(name, { rules: { list: "public" }, indexes: [{ fields: ["brand"] }] });
    expect([made.rules.list, made.rules.read, made.indexes[0]?.state]).toEqual(["public", "authenticated", "ready"]);
    expect((await collections.list()).map((each) => each.name)).toContain(name);
    const cars = script().collection<Car>(name);
    await cars.create([{ brand: "Fiat" }, { brand: "Opel", price: 1 }]);
    const plan = await cars.explain({ filter: { brand: "Fiat" } });
    expect([plan.index, plan.returned]).toEqual(["brand", 1]);
    const schema = { type: "object", required: ["price"] };
    const verdict = await collections.update(name, { schema }, { dryRun: true });
    expect([verdict.documents, verdict.rejected, verdict.first.length]).toEqual([2, 1, 1]);
    expect(await refusal(collections.update(name, { schema }))).toBe("conflict");
    expect((await collections.update(name, { schema }, { existing: "keep" })).schema).toEqual(schema);
    expect(await refusal(cars.create({ brand: "Seat" }))).toBe("schema_violated");
    expect((await collections.update(name, { schema: null })).schema).toBeUndefined();
    await collections.delete(name);
    expect(await refusal(collections.get(name))).toBe("collection_not_found");
  });

  it("follows changes, and fails for good when it is wrong", async () => {
    const codes: string[] = [];
    const handlers = { change() {}, error: ({ code }: { code: string }) => codes.push(code) };
    const live = script().collection("keyed").subscribe({}, handlers);
    await live.ready;
    live.close();
    const wrong = script("bpk_wrong");
    expect(await refusal(wrong.collection("keyed").list())).toBe("session_invalid");
    expect(await refusal(wrong.collection("keyed").subscribe({}, handlers).ready)).toBe("session_invalid");
    expect(codes).toEqual(["session_invalid"]);
  });
});
