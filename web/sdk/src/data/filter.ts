import type { Document } from "../types.js";
import type { Element, OtherPaths, Path, ValueAt } from "./paths.js";

/** The names that `$type` takes. */
export type TypeName = "string" | "number" | "int" | "long" | "double" | "bool" | "null" | "array" | "object";

/** What a field may be compared with. Times are stored as strings; a Date is sent as one. */
export type Operand<V> = V | Element<V> | null | (string extends Element<V> ? Date : never);

/** Operators on one field. */
export interface Operators<V = unknown> {
  $eq?: Operand<V>;
  $ne?: Operand<V>;
  $gt?: Operand<V>;
  $gte?: Operand<V>;
  $lt?: Operand<V>;
  $lte?: Operand<V>;
  $in?: readonly Operand<V>[];
  $nin?: readonly Operand<V>[];
  $exists?: boolean;
  $type?: TypeName | readonly TypeName[];
  /** An expression of RE2. */
  $regex?: string;
  /** Of i, m and s; belongs to `$regex`. */
  $options?: string;
  $mod?: readonly [divisor: number, remainder: number];
  $size?: number;
  $all?: readonly (Operand<V> | { $elemMatch: ElementFilter<Element<V>> })[];
  $elemMatch?: ElementFilter<Element<V>>;
  $not?: Operators<V>;
}

/** A value that the field has, or that its array contains; or operators. */
export type Condition<V> = Operand<V> | Operators<V>;

/** Conditions on an element of an array. */
export type ElementFilter<E> = unknown extends E
  ? Record<string, unknown>
  : E extends object
    ? Conditions<E>
    : Operators<E>;

/** Conditions on the fields of an object; all of them have to hold. */
export type Conditions<T> = { [P in Path<T>]?: Condition<ValueAt<T, P>> } & OtherPaths & {
    $and?: readonly Conditions<T>[];
    $or?: readonly Conditions<T>[];
    $nor?: readonly Conditions<T>[];
  };

/** A filter of documents: known paths are suggested and checked, other dotted paths are taken as they are. */
export type Filter<T> = Conditions<Document<T>> & {
    /** Words of the collection's text index: all of them, `"a phrase"`, `begin*`, `-without`. */
    $text?: { $search: string };
  };
