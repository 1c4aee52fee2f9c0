import { afterAll, describe, expect, it } from "vitest";
import { type Change, type Document, isBackpackError, type Member } from "../src/index";
import { client, person, sockets, until, url } from "./backend";

interface Car {
  brand: string;
  price?: number;
  tags?: string[];
}

afterAll(() => sockets.forEach((socket) => socket.terminate()));

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isBackpackError(error)) throw new Error(`not refused as expected: ${String(error)}`);
  return error.code;
}

describe.skipIf(!url)("against a server", () => {
  it("registers, signs in and out", async () => {
    const users: (string | null)[] = [];
    const backpack = client();
    backpack.auth.onChange((user) => users.push(user?.email ?? null));
    expect(await backpack.auth.me()).toBeNull();
    const email = `ann-${Date.now()}@example.com`;
    const user = await backpack.auth.register({ email, password: "correct horse", name: "Ann" });
    expect(user["name"]).toBe("Ann");
    expect((await backpack.auth.update({ name: "Anna" }))["name"]).toBe("Anna");
    await backpack.auth.logout();
    expect(await backpack.auth.me()).toBeNull();
    expect(await refusal(backpack.auth.login({ email, password: "wrong password" }))).toBe("wrong_credentials");
    await backpack.auth.login({ email, password: "correct horse" });
    expect((await backpack.auth.me())?.email).toBe(email);
    expect(users).toEqual([email, email, null, email]);
  });

  it("does everything with documents", async () => {
    const cars = (await person()).collection<Car>(`cars${Date.now()}`);
    const fiat = await cars.create({ brand: "Fiat", price: 1, tags: ["a"] });
    expect(fiat.version).toBe(1);
    expect((await cars.update(fiat.id, { price: 2, tags: null })).tags).toBeUndefined();
    expect((await cars.replace(fiat.id, { brand: "Opel" })).price).toBeUndefined();
    expect((await cars.get(fiat.id)).brand).toBe("Opel");
    for (let price = 0; price < 7; price++) await cars.create({ brand: "Seat", price });
    const page = await cars.list({ filter: { price: { $gte: 2 } }, sort: "-price", limit: 2, count: true });
    expect(page.items.map((car) => car.price)).toEqual([6, 5]);
    expect(page.total).toBe(5);
    expect(await cars.count({ brand: "Seat" })).toBe(7);
    const all: (number | undefined)[] = [];
    for await (const car of cars.iterate({ filter: { brand: "Seat" }, sort: "price", pageSize: 3 })) all.push(car.price);
    expect(all).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const long = { price: { $in: Array.from({ length: 900 }, (_, number) => number) } };
    expect(await cars.count(long)).toBe(7);
    await cars.delete(fiat.id);
    expect(await refusal(cars.get(fiat.id))).toBe("document_not_found");
    expect(await refusal(cars.list({ filter: { price: { $gtt: 1 } as object } }))).toBe("bad_filter");
    expect(await refusal(client().collection("cars").list())).toBe("authentication_required");
  });

  it("follows a collection across lost connections", async () => {
    const backpack = await person();
    const cars = backpack.collection<Car>(`live${Date.now()}`);
    await cars.create({ brand: "before" });
    const seen: string[] = [];
    let snapshots = 0;
    const live = cars.subscribe(
      {},
      {
        snapshot: (items: Document<Car>[]) => {
          snapshots++;
          seen.push(...items.map((car) => car.brand));
        },
        change: (change: Change<Car>) => seen.push(change.op === "delete" ? "gone" : change.document.brand),
      },
    );
    await live.ready;
    const one = await cars.create({ brand: "one" });
    await until(() => seen.includes("one"));
    sockets.at(-1)?.terminate();
    await cars.create({ brand: "two" });
    await cars.delete(one.id);
    await until(() => seen.includes("gone"));
    expect(seen).toEqual(["before", "one", "two", "gone"]);
    expect(snapshots).toBe(1);
    live.close();
  });

  it("tells when a subscription is refused", async () => {
    const live = client().collection<Car>("cars").subscribe({}, { change: () => {} });
    expect(await refusal(live.ready)).toBe("authentication_required");
  });

  it("begins again when somebody else signs in", async () => {
    const backpack = client();
    const credentials = { email: `new-${Date.now()}@example.com`, password: "correct horse" };
    const statuses: string[] = [];
    backpack.onStatus((status) => statuses.push(status));
    const anonymous = backpack.channel("room").join();
    expect(await refusal(anonymous)).toBe("authentication_required");
    await backpack.auth.register(credentials);
    const members = await backpack.channel("room").join({ name: "new" });
    expect(members.map((member) => member.user?.id)).toContain(backpack.auth.user?.id);
    expect(statuses).toContain("live");
    await backpack.channel("room").leave();
  });

  it("meets others in a channel", async () => {
    const [ann, bob] = [await person(), await person()];
    const heard: unknown[] = [];
    let here: Member[] = [];
    ann.channel("meet").onPresence((members) => (here = members));
    ann.channel("meet").onMessage((message) => heard.push(message.data));
    await ann.channel("meet").join({ name: "Ann" });
    await bob.channel("meet").join({ name: "Bob" });
    await until(() => here.length === 2);
    await bob.channel("meet").publish("hello", { number: 1 });
    await until(() => heard.length === 1);
    expect(heard).toEqual([{ number: 1 }]);
    await bob.channel("meet").update({ name: "Robert" });
    await until(() => here.some((member) => member.presence["name"] === "Robert"));
    sockets.at(-1)?.terminate();
    await bob.channel("meet").publish("again", 2);
    await until(() => heard.length === 2);
    await bob.channel("meet").leave();
    await until(() => here.length === 1);
    await ann.channel("meet").leave();
  });

  it("stores files", async () => {
    const backpack = await person();
    const file = await backpack.files.upload(new Blob(["hello"], { type: "text/plain" }), {
      name: "hello.txt",
      visibility: "public",
      metadata: { kind: "greeting" },
    });
    expect([file.name, file.size, file.type]).toEqual(["hello.txt", 5, "text/plain"]);
    expect(await (await backpack.files.download(file.id)).text()).toBe("hello");
    expect(backpack.files.url(file, { download: true })).toBe(`${url}/api/files/${file.id}/content?download=1`);
    expect((await backpack.files.update(file.id, { name: "b.txt" })).name).toBe("b.txt");
    expect((await backpack.files.list({ filter: { name: "b.txt" } })).items).toHaveLength(1);
    await backpack.files.delete(file.id);
    expect(await refusal(backpack.files.get(file.id))).toBe("file_not_found");
  });

  it("says when nobody answers", async () => {
    expect(await refusal(client("http://nobody.localhost:9").collection("cars").list())).toBe("network_error");
  });
});
