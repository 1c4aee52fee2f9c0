import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { hasEnded } from "../lib/operation";
import { getJson, postJson } from "./http";
import { followOperation } from "./operation-stream";
import { keys, REFRESH_MS } from "./queries";
import type { Operation } from "./types";

const operationPath = (id: string) => `/v1/operations/${encodeURIComponent(id)}`;

const POLL_MS = 1_000;

/** A call that begins an operation on a tenant: its path and body. */
export function useBegin<V = void>(name: string, call: (variables: V) => [path: string, body: object]) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (variables: V) => postJson<Operation>(...call(variables)),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.operations(name) }),
  });
}

/** The operation that works on a tenant now: null for none. */
export function useRunningOperation(name: string) {
  return useQuery({
    queryKey: keys.operations(name),
    queryFn: async ({ signal }) => {
      const path = `/v1/operations?${new URLSearchParams({ tenant: name, limit: "10" }).toString()}`;
      const { items } = await getJson<{ items: Operation[] }>(path, signal);
      return items.find((operation) => !hasEnded(operation)) ?? null;
    },
    refetchInterval: REFRESH_MS,
  });
}

/**
 * An operation as it goes on: told by a WebSocket, or asked for where there is none. What it has changed is asked for
 * again when it has ended.
 */
export function useOperation(begun: Operation) {
  const client = useQueryClient();
  const queryKey = keys.operation(begun.id);
  const path = operationPath(begun.id);
  const query = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const tell = (news: Operation) => client.setQueryData<Operation>(queryKey, news);
      try {
        return await followOperation(`${path}/stream`, tell, signal);
      } catch {
        return getJson<Operation>(path, signal);
      }
    },
    initialData: begun,
    staleTime: ({ state }) => (state.data && hasEnded(state.data) ? Infinity : 0),
    refetchInterval: ({ state }) => (state.data && hasEnded(state.data) ? false : POLL_MS),
  });

  const ended = hasEnded(query.data);
  useEffect(() => {
    if (!ended) return;
    for (const changed of [keys.tenants, keys.plans]) void client.invalidateQueries({ queryKey: changed });
  }, [client, ended]);

  return query;
}

export function useCancelOperation(id: string) {
  return useMutation({ mutationFn: () => postJson<Operation>(`${operationPath(id)}/cancel`, {}) });
}
