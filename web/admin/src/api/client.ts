import { notifications } from "@mantine/notifications";
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

import { ApiError } from "./http";
import { keys } from "./queries";

const MAX_RETRIES = 2;

export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error) => leaveWhenSessionIsOver(client, error) }),
    mutationCache: new MutationCache({ onError: (error) => leaveWhenSessionIsOver(client, error) }),
    // React Query would keep what is asked for while a computer is offline, and do it later, when nobody looks any more.
    defaultOptions: {
      queries: { networkMode: "always", refetchOnReconnect: true, retry: mayHelp, staleTime: 5_000 },
      mutations: { networkMode: "always" },
    },
  });
  return client;
}

/** A refusal stays a refusal; a server that restarts, or a network that blinks, is worth another try. */
function mayHelp(failures: number, error: Error): boolean {
  if (!navigator.onLine) return false;
  const refused = error instanceof ApiError && error.problem.status >= 400 && error.problem.status < 500;
  return !refused && failures < MAX_RETRIES;
}

/** Any call may be the first to learn that the session is over. A failed sign-in is 401 too, but signs nobody out. */
function leaveWhenSessionIsOver(client: QueryClient, error: Error): void {
  if (!(error instanceof ApiError) || error.problem.status !== 401) return;
  if (!client.getQueryData(keys.admin)) return;
  client.setQueryData(keys.admin, null);
  notifications.show({ color: "yellow", title: "Your session is over", message: "Sign in to go on." });
}
