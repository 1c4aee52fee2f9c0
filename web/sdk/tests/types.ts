/** What TypeScript has to accept, infer and refuse; `npm run check` reads this, nothing runs it. */
import type { Backpack, BatchResult, Collection, Document } from "../src/index.js";
import type { Filter, ListOptions, UpdateOperators } from "../src/index.js";

interface Car {
  brand: string;
  price?: number;
  tags?: string[];
  state: "new" | "used";
  seller?: { city: string; ids: string[] };
  offers: { by: string; price: number }[];
  sold: string | null;
}

declare const backpack: Backpack;
declare const cars: Collection<Car>;
declare const things: Collection<Record<string, unknown>>;

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_same: Same<A, B>): void {}

export function filters(): Filter<Car>[] {
  return [
    { brand: "Fiat", price: { $gte: 1, $lt: 9, $mod: [2, 0] }, "seller.city": { $in: ["Turin", null] } },
    { $or: [{ tags: "red" }, { tags: ["red"] }, { tags: { $all: ["red"], $size: 1 } }], $nor: [{ state: "new" }] },
    { offers: { $elemMatch: { by: "ann", price: { $gt: 3 } } }, "offers.price": 3, "offers.0.price": 3 },
    { tags: { $elemMatch: { $regex: "^r", $options: "i" }, $exists: true, $type: ["array", "null"] } },
    { createdAt: { $gt: new Date() }, owner: null, price: { $not: { $gt: 1 }, $nin: [1] }, sold: null },
    // @ts-expect-error a field's name
    { brnd: "Fiat" },
    // @ts-expect-error an operator's name
    { price: { $gtt: 1 } },
    // @ts-expect-error a type
    { price: "1" },
    // @ts-expect-error a type below a path
    { "seller.city": 1 },
    // @ts-expect-error a value of a union
    { state: "old" },
    // @ts-expect-error an element's type
    { tags: { $all: [1] } },
    // @ts-expect-error a field of an element
    { offers: { $elemMatch: { buy: "ann" } } },
  ];
}

export async function shapes(): Promise<void> {
  const plain = await cars.list({ sort: ["-price", "seller.city"], offset: 3 });
  same<(typeof plain.items)[0], Document<Car>>(true);
  const some = await cars.first({ fields: ["brand", "seller.city"], sort: "-price" });
  same<keyof NonNullable<typeof some>, "id" | "brand" | "seller">(true);
  const text = await cars.get("c1", { fields: "brand,price", asOf: new Date() });
  same<keyof typeof text, "id" | "brand" | "price">(true);
  const rest = await cars.get("c1", { fields: ["-tags", "-version"] });
  same<"tags" extends keyof typeof rest ? 1 : 0, 0>(true);
  same<typeof rest.brand, string>(true);
  for await (const car of cars.iterate({ fields: ["brand"], expand: { sold: "users", tags: "labels" } })) {
    car.$expand.sold?.["name"].toUpperCase();
    car.$expand.tags?.map((tag) => tag.createdAt);
    // @ts-expect-error not asked for
    car.price;
  }
  const kept: ListOptions<Car> = { limit: 3 };
  const listed = await cars.list(kept);
  same<(typeof listed.items)[0], Document<Car>>(true);
  const loose = await things.list({ filter: { "a.b": 1, c: { $gt: 2 } }, fields: ["a"], expand: "a:users" });
  loose.items[0]?.$expand.a?.name;
  // @ts-expect-error an option's name
  cars.list({ filtr: {} });
}

export async function writes(): Promise<void> {
  const car = await cars.create({ brand: "Fiat", state: "new", offers: [], sold: null });
  const [first] = await cars.create([{ id: "c1", brand: "Fiat", state: "new", offers: [], sold: null }]);
  same<typeof first, Document<Car> | undefined>(true);
  await cars.update(car.id, { price: 3, tags: null, seller: { city: "Turin" } }, { ifMatch: car });
  await cars.replace(car.id, car, { ifNoneMatch: "*" });
  await things.create({ anything: 1 });
  await things.create([{ anything: 1 }]);
  await things.update("t1", { $inc: { n: 1 }, $push: { list: { $each: [1], $slice: -3 } } });
  // @ts-expect-error a missing field
  await cars.create({ brand: "Fiat" });
  // @ts-expect-error a field's name
  await cars.update("c1", { brnd: "Fiat" });
  // @ts-expect-error an operator's name
  await cars.update("c1", { $increase: { price: 1 } });
}

export function updates(): UpdateOperators<Car>[] {
  return [
    { $set: { brand: "Fiat", "seller.city": "Turin", "offers.0.price": 3 }, $unset: { tags: true } },
    { $inc: { price: 1, "offers.price": 1 }, $mul: { price: 1.5 }, $min: { price: 3 }, $max: { price: 4 } },
    { $push: { tags: "red", offers: { $each: [{ by: "ann", price: 3 }], $sort: { price: -1 }, $slice: 5 } } },
    { $addToSet: { tags: { $each: ["red"] }, "seller.ids": "a" }, $pop: { tags: -1 }, $currentDate: { sold: true } },
    { $pull: { tags: "red", offers: { price: { $gt: 3 } } }, $pullAll: { tags: ["red"] }, $rename: { tags: "labels" } },
    // @ts-expect-error a text cannot be counted up
    { $inc: { brand: 1 } },
    // @ts-expect-error a type
    { $set: { brand: 1 } },
    // @ts-expect-error an element's type
    { $push: { tags: 1 } },
    // @ts-expect-error no array
    { $pop: { brand: 1 } },
  ];
}

export async function pipelines(): Promise<void> {
  const sums = await cars.aggregate<{ _id: string; total: number }>([
    { $match: { price: { $gt: 3 } } },
    { $unwind: "$tags" },
    { $group: { _id: "$tags", total: { $sum: { $multiply: ["$price", 2] } }, n: { $count: {} } } },
    { $match: { total: { $gt: 10 } } },
    { $sort: { total: -1 } },
    { $project: { total: 1, half: { $divide: ["$total", 2] }, first: { $cond: [{ $gt: ["$n", 1] }, "many", "one"] } } },
    { $lookup: { from: "labels", localField: "tags", foreignField: "id", as: "labels" } },
    { $limit: 3 },
  ]);
  same<typeof sums, { _id: string; total: number }[]>(true);
  // @ts-expect-error a stage's name
  await cars.aggregate([{ $mach: {} }]);
}

export async function batches(): Promise<void> {
  const batch = backpack.batch();
  batch.collection<Car>("cars").update("c1", { $inc: { price: 1 } });
  const any = await batch.commit();
  same<typeof any, BatchResult[]>(true);
  const [made, gone] = await backpack
    .batch()
    .collection<Car>("cars")
    .create({ brand: "Fiat", state: "new", offers: [], sold: null })
    .collection("logs")
    .delete("l1")
    .commit({ idempotencyKey: "k1" });
  same<typeof made, BatchResult<Document<Car>>>(true);
  same<typeof gone, BatchResult<null>>(true);
}

export async function transfers(): Promise<void> {
  for await (const car of cars.export({ filter: { price: 3 } })) same<typeof car, Document<Car>>(true);
  const table: Blob = await cars.export({ format: "csv" });
  await cars.import(table, { onConflict: "skip" });
  await cars.import(cars.export());
}
