import { describe, expect, it } from "vitest";
import { client, person, refusal, script, url } from "./backend.js";

interface Car {
  brand: string;
  price?: number;
  tags?: string[];
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

  it("keeps an account", async () => {
    const backpack = await person();
    const { auth } = backpack;
    const email = auth.user!.email!;
    await auth.verify();
    await auth.forgotPassword("nobody@example.com");
    for (const kind of ["verify", "reset", "email-change"]) {
      const token = `no-${kind}-token`;
      const taken = { verify: auth.confirmVerify, reset: auth.resetPassword, "email-change": auth.confirmEmail };
      const take = taken[kind as keyof typeof taken] as (token: string, password: string) => Promise<unknown>;
      expect(await refusal(take.call(auth, token, "another password"))).toBe("token_invalid");
    }
    expect(await refusal(auth.changeEmail("new@example.com", "wrong password"))).toBe("wrong_credentials");
    await auth.changeEmail(`new-${Date.now()}@example.com`, "correct horse");
    const phone = client();
    await phone.auth.login({ email, password: "correct horse" });
    const sessions = await auth.sessions();
    expect(sessions.map((each) => each.current)).toEqual([false, true]);
    await auth.endSession(sessions[0]!.id);
    expect(await phone.auth.me()).toBeNull();
    await phone.auth.login({ email, password: "correct horse" });
    await auth.endSession();
    expect(await phone.auth.me()).toBeNull();
    await phone.auth.login({ email, password: "correct horse" });
    expect((await auth.changePassword("correct horse", "another horse")).email).toBe(email);
    expect([(await auth.me())?.email, await phone.auth.me()]).toEqual([email, null]);
    expect((await auth.refresh()).email).toBe(email);
    expect((await auth.me())?.email).toBe(email);
    expect(auth.linkFromUrl()).toBeNull();
    expect(await refusal(auth.deleteAccount("correct horse"))).toBe("wrong_credentials");
    await auth.deleteAccount("another horse");
    expect([auth.user, await auth.me()]).toEqual([null, null]);
    expect(await refusal(auth.login({ email, password: "another horse" }))).toBe("wrong_credentials");
  });

  it("asks for a second factor", async () => {
    const { auth } = await person();
    expect(await auth.mfa()).toEqual({ totp: false, recoveryCodes: 0 });
    const { secret, uri } = await auth.enrollTotp("correct horse");
    expect(uri).toContain(secret);
    expect(await refusal(auth.confirmTotp("none"))).toBe("invalid_request");
    expect(await refusal(auth.newRecoveryCodes("none"))).toBe("conflict");
    await auth.disableTotp("none", "correct horse");
  });

  it("lets guests in, and codes", async () => {
    const { settings } = script();
    expect(await refusal(client().auth.guest())).toBe("sign_up_closed");
    await settings.update({ accounts: { guests: true, codeLogin: "known" } });
    const { auth } = client();
    const guest = await auth.guest();
    expect([guest["guest"], guest.email]).toEqual([true, undefined]);
    const email = `guest-${Date.now()}@example.com`;
    expect((await auth.upgrade({ email, password: "correct horse" })).id).toBe(guest.id);
    expect((await auth.me())?.email).toBe(email);
    await auth.requestCode(email);
    expect(await refusal(auth.loginWithCode(email, "1234567"))).toBe("token_invalid");
    expect(await refusal(auth.loginWithLink("no-link-of-ours"))).toBe("token_invalid");
    await settings.update({ accounts: { guests: null, codeLogin: null } });
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
    const seats = cars.iterate({ filter: { brand: "Seat" }, sort: "price", pageSize: 3 });
    for await (const car of seats) all.push(car.price);
    expect(all).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const long = { price: { $in: Array.from({ length: 900 }, (_, number) => number) } };
    expect(await cars.count(long)).toBe(7);
    await cars.delete(fiat.id);
    expect(await refusal(cars.get(fiat.id))).toBe("document_not_found");
    expect(await refusal(cars.list({ filter: { price: { $gtt: 1 } as object } }))).toBe("bad_filter");
    expect(await refusal(client().collection("cars").list())).toBe("authentication_required");
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
    const long = { size: { $in: Array.from({ length: 900 }, (_, number) => number) } };
    expect((await backpack.files.list({ filter: long })).items).toHaveLength(1);
    await backpack.files.delete(file.id);
    expect(await refusal(backpack.files.get(file.id))).toBe("file_not_found");
  });

  it("says when nobody answers", async () => {
    expect(await refusal(client("http://nobody.localhost:9").collection("cars").list())).toBe("network_error");
  });
});
