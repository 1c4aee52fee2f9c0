import { afterAll, describe, expect, it } from "vitest";
import type { Change, Document, Member, Status } from "../src/index.js";
import { apiKey, client, localFetch, memory, person, refusal, sockets, until, url } from "./backend.js";

interface Car {
  brand: string;
}

afterAll(() => sockets.forEach((socket) => socket.terminate()));

/** What a subscription was told, as text. */
function diary(): { lines: string[]; snapshot(items: Document<Car>[]): void; change(change: Change<Car>): void } {
  const lines: string[] = [];
  return {
    lines,
    snapshot: (items) => void lines.push(`= ${items.map((car) => car.brand).join(" ")}`),
    change: ({ op, document }) => void lines.push(op === "delete" ? op : `${op} ${document.brand}`),
  };
}

describe.skipIf(!url)("live queries", () => {
  it("resume where they stopped, without gap or double", async () => {
    const cars = (await person()).collection<Car>(`live${Date.now()}`);
    await cars.create({ brand: "before" });
    const seen = diary();
    const live = cars.subscribe({}, seen);
    await live.ready;
    const one = await cars.create({ brand: "one" });
    await until(() => seen.lines.includes("create one"));
    sockets.at(-1)?.terminate();
    await cars.create({ brand: "two" });
    await cars.delete(one.id);
    await until(() => seen.lines.includes("delete"));
    expect(seen.lines).toEqual(["= before", "create one", "create two", "delete"]);
    live.close();
  });

  it("begin again with a snapshot when the server says so", async () => {
    const name = `rules${Date.now()}`;
    const cars = (await person()).collection<Car>(name);
    await cars.create({ brand: "Fiat" });
    const seen = diary();
    const live = cars.subscribe({ snapshot: false }, seen);
    await live.ready;
    await localFetch(`${url}/api/collections/${name}`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ rules: { list: "public" } }),
    });
    await until(() => seen.lines.length === 1);
    await cars.create({ brand: "Opel" });
    await until(() => seen.lines.length === 2);
    expect(seen.lines).toEqual(["= Fiat", "create Opel"]);
    live.close();
  });

  it("begin again as somebody else, and fail when nobody is signed in", async () => {
    const backpack = await person();
    const seen = diary();
    const codes: string[] = [];
    const cars = backpack.collection<Car>(`who${Date.now()}`);
    await cars.create({ brand: "Fiat" });
    const live = cars.subscribe({}, { ...seen, error: (error) => codes.push(error.code) });
    await live.ready;
    await backpack.auth.register({ email: `other-${Date.now()}@example.com`, password: "correct horse" });
    await until(() => seen.lines.length === 2);
    expect(seen.lines).toEqual(["= Fiat", "= Fiat"]);
    await backpack.auth.logout();
    await until(() => codes.length === 1);
    expect(codes).toEqual(["authentication_required"]);
  });

  it("notice a session that was ended elsewhere", async () => {
    const storage = memory();
    const [here, there] = [client(url, storage), client(url, storage)];
    await here.auth.register({ email: `two-${Date.now()}@example.com`, password: "correct horse" });
    const told: unknown[] = [];
    const codes: string[] = [];
    here.auth.onChange((user) => told.push(user));
    const handlers = { change: () => {}, error: (error: { code: string }) => codes.push(error.code) };
    await here.collection<Car>("cars").subscribe({}, handlers).ready;
    await there.auth.logout();
    await until(() => codes.length === 1);
    expect([codes, here.auth.user]).toEqual([["authentication_required"], null]);
  });

  it("may begin in the very moment the connection is live", async () => {
    const backpack = await person();
    const cars = backpack.collection<Car>(`moment${Date.now()}`);
    const second = diary();
    const statuses: Status[] = [];
    const codes: string[] = [];
    const error = ({ code }: { code: string }): void => void codes.push(code);
    backpack.onStatus((status) => {
      statuses.push(status);
      if (status === "live") cars.subscribe({}, { ...second, error });
    });
    const first = cars.subscribe({}, { ...diary(), error });
    await first.ready;
    await until(() => second.lines.length === 1);
    expect([statuses, codes]).toEqual([["offline", "connecting", "live"], []]);
  });

  it("are refused when the filter does not fit into a frame, and harm nobody else", async () => {
    const cars = (await person()).collection<Car>(`large${Date.now()}`);
    const seen = diary();
    const live = cars.subscribe({}, seen);
    await live.ready;
    expect(await refusal(cars.subscribe({ filter: { brand: "x".repeat(70_000) } }, diary()).ready)).toBe("too_large");
    await cars.create({ brand: "Fiat" });
    await until(() => seen.lines.includes("create Fiat"));
    live.close();
  });

  it("keep trying quietly where there is no tenant", async () => {
    const nobody = client((url ?? "").replace("://", "://nobody-"));
    const statuses: Status[] = [];
    const handlers = { change: () => {}, status: (status: Status) => statuses.push(status) };
    const live = nobody.collection("cars").subscribe({}, handlers);
    const before = sockets.length;
    await until(() => sockets.length >= before + 2);
    expect(statuses).toEqual(["offline", "connecting"]);
    live.close();
    await expect(live.ready).rejects.toThrow("closed before");
  });
});

describe.skipIf(!url)("channels", () => {
  it("show others and carry what they say", async () => {
    const [ann, bob] = [await person(), await person()];
    const heard: unknown[] = [];
    let here: Member[] = [];
    ann.channel("meet").onPresence((members) => (here = members));
    ann.channel("meet").onMessage((message) => heard.push(message));
    await ann.channel("meet").join({ name: "Ann" });
    await bob.channel("meet").join({ name: "Bob" });
    await until(() => here.length === 2);
    await bob.channel("meet").publish("hello", { number: 1 });
    await until(() => heard.length === 1);
    const from = bob.channel("meet").self;
    expect(heard).toEqual([{ event: "hello", data: { number: 1 }, from, user: { id: bob.auth.user?.id } }]);
    await bob.channel("meet").update({ name: "Robert" });
    await until(() => here.some((member) => member.presence["name"] === "Robert"));
    bob.channel("meet").leave();
    await until(() => here.length === 1);
    ann.channel("meet").leave();
    expect([ann.channel("meet").self, here]).toEqual([null, []]);
  });

  it("are joined again after a lost connection, with what waits to be said", async () => {
    const [ann, bob] = [await person(), await person()];
    const heard: unknown[] = [];
    await ann.channel("cut").join();
    ann.channel("cut").onMessage((message) => heard.push(message.data));
    await bob.channel("cut").join({ name: "Bob" });
    sockets.at(-1)?.terminate();
    await bob.channel("cut").publish("again", 2);
    await until(() => heard.length === 1 && ann.channel("cut").members.length === 2);
    expect(ann.channel("cut").members.at(-1)?.presence).toEqual({ name: "Bob" });
    ann.channel("cut").leave();
    bob.channel("cut").leave();
  });

  it("say everything once while the presence changes", async () => {
    const [ann, bob] = [await person(), await person()];
    const heard: unknown[] = [];
    ann.channel("once").onMessage((message) => heard.push(message.data));
    await ann.channel("once").join();
    await bob.channel("once").join();
    const room = bob.channel("once");
    const presences = Array.from({ length: 5 }, (_, number) => number);
    const updates = presences.flatMap((number) => [room.update({ number }), room.publish("n", number)]);
    await Promise.all(updates);
    await room.publish("n", "end");
    await until(() => heard.includes("end"));
    expect(heard).toEqual([0, 1, 2, 3, 4, "end"]);
    ann.channel("once").leave();
    room.leave();
  });

  it("may be left and joined again at once", async () => {
    const room = (await person()).channel(`again${Date.now()}`);
    const unsent = room.join({ stay: 0 });
    room.leave();
    const first = room.join({ stay: 1 });
    expect(await refusal(unsent)).toBe("invalid_request");
    await first;
    room.leave();
    const second = room.join({ stay: 2 });
    room.leave();
    const members = await room.join({ stay: 3 });
    await second;
    expect(members.map((member) => member.presence)).toEqual([{ stay: 3 }]);
    expect(room.members.map((member) => member.member)).toEqual([room.self]);
    await room.publish("still", "here");
    room.leave();
    expect(await refusal(room.publish("late", null))).toBe("invalid_request");
  });

  it("stay joined when a presence or a message is refused", async () => {
    const room = (await person()).channel("large");
    await room.join({ name: "Ann" });
    expect(await refusal(room.update({ text: "x".repeat(5000) }))).toBe("too_large");
    expect(await refusal(room.publish("blob", "x".repeat(70_000)))).toBe("too_large");
    expect(await refusal(room.publish("", null))).toBe("invalid_request");
    expect(room.self).not.toBeNull();
    await room.publish("fine", null);
    room.leave();
  });

  it("are for people who are signed in", async () => {
    const backpack = client();
    expect(await refusal(backpack.channel("room").join())).toBe("authentication_required");
    await backpack.auth.register({ email: `new-${Date.now()}@example.com`, password: "correct horse" });
    const members = await backpack.channel("room").join({ name: "new" });
    expect(members.map((member) => member.user?.id)).toContain(backpack.auth.user?.id);
    backpack.channel("room").leave();
  });
});
