import type { ElementFilter } from "./filter.js";
import type { Element, OtherPaths, Path, ValueAt } from "./paths.js";

/** Fields to merge (RFC 7396); null removes a field. */
export type Patch<T> = {
  [K in keyof T]?: T[K] | null | (NonNullable<T[K]> extends readonly unknown[] ? never : Deeper<NonNullable<T[K]>>);
};
type Deeper<V> = V extends object ? Patch<V> : never;

/** Update operators: paths and what to do there. No two may touch the same place. */
export interface UpdateOperators<T> {
  $set?: Values<T>;
  $unset?: Everywhere<T, true | "" | 1>;
  $inc?: Numbers<T>;
  $mul?: Numbers<T>;
  /** Set where the value is greater, or missing. */
  $min?: Values<T>;
  /** Set where the value is less, or missing. */
  $max?: Values<T>;
  /** Move a value to another path. */
  $rename?: Everywhere<T, string>;
  $push?: { [P in Arrays<T>]?: ElementAt<T, P> | Push<ElementAt<T, P>> } & OtherPaths;
  /** Push what is not there yet. */
  $addToSet?: { [P in Arrays<T>]?: ElementAt<T, P> | { $each: readonly ElementAt<T, P>[] } } & OtherPaths;
  /** Remove the elements that are this value, or fit this filter. */
  $pull?: { [P in Arrays<T>]?: ElementAt<T, P> | ElementFilter<ElementAt<T, P>> } & OtherPaths;
  $pullAll?: { [P in Arrays<T>]?: readonly ElementAt<T, P>[] } & OtherPaths;
  /** Remove the last element (1) or the first (-1). */
  $pop?: { [P in Arrays<T>]?: 1 | -1 } & OtherPaths<1 | -1>;
  /** Set to the server's time. */
  $currentDate?: Everywhere<T, true | { $type: "date" }>;
}

/** Several elements to push: inserted at a position, then sorted, then cut to a length (negative: the last ones). */
export interface Push<E> {
  $each: readonly E[];
  $position?: number;
  $sort?: 1 | -1 | Record<string, 1 | -1>;
  $slice?: number;
}

type Values<T> = { [P in Path<T>]?: ValueAt<T, P> } & OtherPaths;
type Everywhere<T, V> = { [P in Path<T>]?: V } & OtherPaths<V>;
type Numbers<T> = { [P in PathTo<T, number>]?: number } & OtherPaths<number>;
type Arrays<T> = PathTo<T, readonly unknown[]>;
type ElementAt<T, P extends string> = Element<NonNullable<ValueAt<T, P>>>;
type PathTo<T, V> = { [P in Path<T>]: Fits<ValueAt<T, P>, V> extends true ? P : never }[Path<T>];
type Fits<Found, V> = unknown extends Found ? true : NonNullable<Found> extends V ? true : false;
