import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { ApiError, getJson, putJson, remove } from "./http";
import { keys } from "./queries";
import type { Plan, Plans, SomeLimits } from "./types";

const planPath = (name: string) => `/v1/plans/${encodeURIComponent(name)}`;

const plansQuery = {
  queryKey: keys.plans,
  queryFn: ({ signal }: { signal: AbortSignal }) => getJson<Plans>("/v1/plans", signal),
};

export function usePlans() {
  return useQuery(plansQuery);
}

interface NewPlan {
  name: string;
  limits: SomeLimits;
}

export function useCreatePlan() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ name, limits }: NewPlan) => {
      await refuseKnownName(client, name);
      return putJson<Plan>(planPath(name), { limits });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: keys.plans }),
  });
}

/** The call that makes a plan replaces one of the same name, which is not what somebody with a new name means. */
async function refuseKnownName(client: QueryClient, name: string): Promise<void> {
  const { items } = await client.fetchQuery({ ...plansQuery, staleTime: 0 });
  if (!items.some((plan) => plan.name === name)) return;
  const message = "There is a plan of this name already.";
  throw new ApiError({ code: "already_exists", title: message, status: 409, errors: [{ path: "/name", message }] });
}

/** Changes the limits of all tenants that have the plan. */
export function useChangePlan(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (limits: SomeLimits) => putJson<Plan>(planPath(name), { limits }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.tenants });
      return client.invalidateQueries({ queryKey: keys.plans });
    },
  });
}

export function useDeletePlan(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(planPath(name)),
    // After a refusal too, which mostly means that what is on the screen is old.
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.tenants });
      return client.invalidateQueries({ queryKey: keys.plans });
    },
  });
}
