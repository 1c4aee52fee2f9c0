import type { Document } from "../types.js";
import type { Path, ValueAt } from "./paths.js";

/** A path to answer, or with - in front one to leave out. */
export type FieldName<T> = Path<Document<T>> | `-${Path<Document<T>>}` | (string & {});

/** References to answer: `{ author: "users" }`, or as a text "author:users". */
export type Expand = string | Readonly<Record<string, string>>;

/** A document as it is answered: with the fields that were asked for, and what they refer to below `$expand`. */
export type Found<T, F extends string = never, E extends Expand = never> = [E] extends [never]
  ? Shown<T, F>
  : Shown<T, F> & { $expand: { [K in Referenced<E>]?: Other<ValueAt<T, K>> } };

type Shown<T, F extends string> = [F] extends [never]
  ? Document<T>
  : string extends keyof T
    ? T & { id: string }
    : string extends F
      ? Partial<Document<T>> & { id: string }
      : Names<F> extends `-${string}`
        ? Omit<Document<T>, WithoutSign<Names<F>>>
        : Pick<Document<T>, "id" | (Root<Names<F>> & keyof Document<T>)>;

type Referenced<E> = E extends string ? FieldOf<Names<E>> : keyof E & string;
type FieldOf<S extends string> = S extends `${infer K}:${string}` ? K : never;
type Other<V> = V extends readonly unknown[] ? Stranger[] : unknown extends V ? any : Stranger | null;
type Stranger = Document<Record<string, any>>;

type Names<S extends string> = S extends `${infer First},${infer Rest}` ? First | Names<Rest> : S;
type WithoutSign<S> = S extends `-${infer Name}` ? Name : never;
type Root<S> = S extends `${infer First}.${string}` ? First : S;
