import type { Filter } from "./filter.js";
import type { Path } from "./paths.js";

/** Any object: after a `$group` or `$project` the fields are yours. */
type Loose = Record<string, unknown>;

/** A step of a pipeline. */
export type Stage<T = Loose> =
  | { $match: Filter<T> | Loose }
  | { $group: { _id: Expression<T> } & { [field: string]: Accumulator<T> | Expression<T> } }
  | { $sort: { [P in Path<T>]?: 1 | -1 } & { [path: string]: 1 | -1 } }
  | { $project: { [path: string]: Expression<T> } }
  | { $limit: number }
  | { $skip: number }
  | { $unwind: Reference<T> | { path: Reference<T>; includeArrayIndex?: string; preserveNullAndEmptyArrays?: boolean } }
  | { $count: string }
  | { $lookup: { from: string; localField: Path<T> | (string & {}); foreignField: string; as: string } };

/** What a group collects in a field. */
export type Accumulator<T = Loose> =
  | { [A in "$sum" | "$avg" | "$min" | "$max" | "$push" | "$addToSet" | "$first" | "$last"]?: Expression<T> }
  | { $count: {} };

/** A value, a path such as "$price", or an operator with its arguments. */
export type Expression<T = Loose> =
  | Reference<T>
  | number
  | boolean
  | null
  | readonly Expression<T>[]
  | { [O in ExpressionOperator]?: Expression<T> }
  | { [field: string]: Expression<T> };

type Reference<T> = `$${Path<T>}` | (string & {});

/** The operators of expressions. */
export type ExpressionOperator =
  | "$abs" | "$add" | "$ceil" | "$divide" | "$floor" | "$mod" | "$multiply" | "$round" | "$subtract"
  | "$concat" | "$strLenCP" | "$substrCP" | "$toLower" | "$toString" | "$toUpper"
  | "$arrayElemAt" | "$first" | "$in" | "$isArray" | "$last" | "$size"
  | "$and" | "$cond" | "$eq" | "$gt" | "$gte" | "$ifNull" | "$literal" | "$lt" | "$lte" | "$ne" | "$not" | "$or"
  | "$type";
