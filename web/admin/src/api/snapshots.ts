import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { getJson, remove } from "./http";
import { useBegin } from "./operations";
import { keys, tenantPath, whileShown } from "./queries";
import type { Snapshots } from "./types";

const snapshotsPath = (name: string) => `${tenantPath(name)}/snapshots`;
const snapshotPath = (name: string, id: string) => `${snapshotsPath(name)}/${encodeURIComponent(id)}`;

export function useSnapshots(name: string) {
  return useQuery({
    queryKey: keys.snapshots(name),
    queryFn: ({ signal }) => getJson<Snapshots>(snapshotsPath(name), signal),
    refetchInterval: whileShown,
  });
}

export function useTakeSnapshot(name: string) {
  return useBegin(name, (note: string) => [snapshotsPath(name), { note }]);
}

export function useRestore(name: string, id: string) {
  return useBegin(name, () => [`${snapshotPath(name, id)}/restore`, {}]);
}

export function useProve(name: string, id: string) {
  return useBegin(name, () => [`${snapshotPath(name, id)}/prove`, {}]);
}

interface Moment {
  /** As RFC 3339 has it. */
  at: string;
  /** The new tenant; without it, it is the tenant itself that is restored. */
  as?: string;
}

export function useRestoreMoment(name: string) {
  return useBegin(name, (moment: Moment) => [`${tenantPath(name)}/restore`, moment]);
}

export function useForget(name: string, id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(snapshotPath(name, id)),
    // After a refusal too, which mostly means that what is on the screen is old.
    onSettled: () => void client.invalidateQueries({ queryKey: keys.snapshots(name) }),
  });
}

/** Where a tenant is had as one file, or a snapshot of it. The browser asks for it by the panel's cookie. */
export function archivePath(name: string, snapshot?: string): string {
  return `${snapshot === undefined ? tenantPath(name) : snapshotPath(name, snapshot)}/archive`;
}
