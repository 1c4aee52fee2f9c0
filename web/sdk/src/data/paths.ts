/** What stands in an array; anything else as it is. */
export type Element<V> = V extends readonly (infer E)[] ? E : V;

/** Every dotted path of a type, up to four names deep, through arrays too: "price", "seller.city", "items.price". */
export type Path<T, Depth extends 0[] = []> = Depth["length"] extends 4
  ? never
  : T extends readonly (infer E)[]
    ? Path<E, Depth>
    : T extends object
      ? { [K in keyof T & string]-?: K | `${K}.${Path<NonNullable<T[K]>, [...Depth, 0]>}` }[keyof T & string]
      : never;

/** What a path leads to. */
export type ValueAt<T, P extends string> = T extends readonly (infer E)[]
  ? ValueAt<E, P>
  : T extends object
    ? P extends keyof T
      ? Exclude<T[P], undefined>
      : P extends `${infer K}.${infer Rest}`
        ? K extends keyof T
          ? ValueAt<NonNullable<T[K]>, Rest>
          : never
        : never
    : never;

/** Paths that TypeScript does not know: deeper ones, and into an array such as "tags.0". */
export type OtherPaths<V = unknown> = { [path: `${string}.${string}`]: V };
