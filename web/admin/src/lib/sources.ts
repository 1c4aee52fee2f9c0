import type { LimitName, Plan, SomeLimits } from "../api/types";

/** Where a tenant's limit comes from. */
export type Source = "own" | "plan" | "server";

/** The first that has the limit: the tenant, its plan, the server. */
export function sourceOf(name: LimitName, own: SomeLimits, plan: Plan | undefined): Source {
  if (own[name] !== undefined) return "own";
  return plan?.limits[name] === undefined ? "server" : "plan";
}
