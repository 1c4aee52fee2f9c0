import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { getJson, postJson, remove } from "./http";
import { useBegin } from "./operations";
import { keys, tenantPath } from "./queries";
import type { CreatedKey, Template, Tenant } from "./types";

export function useTemplates() {
  return useQuery({
    queryKey: keys.templates,
    queryFn: async ({ signal }) => (await getJson<{ items: Template[] }>("/v1/templates", signal)).items,
  });
}

/** Those that can be had back. */
export function useDeletedTenants() {
  return useQuery({
    queryKey: keys.deleted,
    queryFn: async ({ signal }) => (await getJson<{ items: Tenant[] }>("/v1/tenants?deleted=1", signal)).items,
  });
}

export function useSuspend(name: string) {
  return useChangeOfState(name, "suspend");
}

export function useResume(name: string) {
  return useChangeOfState(name, "resume");
}

function useChangeOfState(name: string, what: "suspend" | "resume") {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => postJson<Tenant>(`${tenantPath(name)}/${what}`, {}),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tenants }),
  });
}

export function useRename(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (to: string) => postJson<Tenant>(`${tenantPath(name)}/rename`, { to }),
    // The list alone: the page is still that of the old name, which is not there any more.
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tenants, exact: true }),
  });
}

interface Clone {
  as: string;
  files: boolean;
  snapshot?: string;
}

export function useClone(name: string) {
  return useBegin(name, (clone: Clone) => [`${tenantPath(name)}/clone`, clone]);
}

interface Preview {
  label: string;
  /** Seconds. */
  ttl: number;
}

export function usePreview(name: string) {
  return useBegin(name, (preview: Preview) => [`${tenantPath(name)}/previews`, preview]);
}

export function useKeys(name: string) {
  return useQuery({
    queryKey: keys.keys(name),
    queryFn: async ({ signal }) => (await getJson<{ items: { id: string }[] }>(`${tenantPath(name)}/keys`, signal)).items,
  });
}

/** A key with all rights, as a tenant that is made by itself has one. */
export function useFirstKey(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => postJson<CreatedKey>(`${tenantPath(name)}/keys`, { name: "first key", scope: "admin" }),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.keys(name) }),
    // It must not outlive the dialog that shows it.
    gcTime: 0,
  });
}

export function useUndelete() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => postJson<Tenant>(`${tenantPath(name)}/undelete`, {}),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.plans });
      void client.invalidateQueries({ queryKey: keys.tenants });
    },
    // After a refusal too, which mostly means that what is on the screen is old.
    onSettled: () => void client.invalidateQueries({ queryKey: keys.deleted }),
  });
}

/** Removes a deleted tenant for good. */
export function usePurge(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(`${tenantPath(name)}?purge=1`),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.deleted }),
  });
}
