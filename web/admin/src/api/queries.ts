import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { ApiError, getJson, patchJson, postJson, postZip, remove } from "./http";
import type {
  Admin,
  CreatedTenant,
  Credentials,
  FirstAdmin,
  NewTenant,
  Release,
  SignedIn,
  Status,
  Tenant,
  TenantChange,
  TenantDetails,
  UsageReport,
} from "./types";

export const keys = {
  status: ["status"],
  admin: ["admin"],
  tenants: ["tenants"],
  tenant: (name: string) => ["tenants", name],
  usage: (name: string) => ["tenants", name, "usage"],
  snapshots: (name: string) => ["tenants", name, "snapshots"],
  keys: (name: string) => ["tenants", name, "keys"],
  operations: (name: string) => ["tenants", name, "operations"],
  operation: (id: string) => ["operations", id],
  deleted: ["deleted"],
  templates: ["templates"],
  plans: ["plans"],
};

/** How often numbers that change by themselves are asked for, while somebody looks at them. */
export const REFRESH_MS = 10_000;

export const tenantPath = (name: string) => `/v1/tenants/${encodeURIComponent(name)}`;

export function useStatus() {
  return useQuery({
    queryKey: keys.status,
    queryFn: ({ signal }) => getJson<Status>("/v1/status", signal),
    staleTime: Infinity,
  });
}

/** Who is signed in: null for nobody. */
export function useAdmin() {
  return useQuery({ queryKey: keys.admin, queryFn: ({ signal }) => readAdmin(signal), staleTime: 60_000 });
}

async function readAdmin(signal: AbortSignal): Promise<Admin | null> {
  try {
    return (await getJson<SignedIn>("/v1/admins/me", signal)).admin;
  } catch (error) {
    if (error instanceof ApiError && error.problem.status === 401) return null;
    throw error;
  }
}

export function useCreateFirstAdmin() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (form: FirstAdmin) => postJson<SignedIn>("/v1/admins", form),
    onSuccess: ({ admin }) => {
      client.setQueryData<Admin | null>(keys.admin, admin);
      client.setQueryData<Status>(keys.status, (status) => status && { ...status, setupRequired: false });
    },
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (form: Credentials) => postJson<SignedIn>("/v1/sessions", form),
    onSuccess: ({ admin }) => client.setQueryData<Admin | null>(keys.admin, admin),
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove("/v1/sessions/current"),
    onSuccess: () => {
      client.setQueryData<Admin | null>(keys.admin, null);
      for (const queryKey of [keys.tenants, keys.deleted, ["operations"], keys.templates, keys.plans]) {
        client.removeQueries({ queryKey });
      }
    },
  });
}

/** While something is shown that a refresh would change. */
export function whileShown({ state }: { state: { data: unknown } }): number | false {
  return state.data === undefined ? false : REFRESH_MS;
}

export function useTenants() {
  return useQuery({
    queryKey: keys.tenants,
    queryFn: async ({ signal }) => (await getJson<{ items: Tenant[] }>("/v1/tenants", signal)).items,
    refetchInterval: (query) => {
      const { data: tenants = [] } = query.state;
      // The whole list is sent each time.
      return tenants.length > MANY ? 6 * REFRESH_MS : whileShown(query);
    },
  });
}

const MANY = 1_000;

export function usePreviewsOf(name: string): Tenant[] {
  const { data: tenants = [] } = useTenants();
  return tenants.filter(({ previewOf }) => previewOf === name);
}

export function useTenant(name: string) {
  return useQuery({
    queryKey: keys.tenant(name),
    queryFn: ({ signal }) => getJson<TenantDetails>(tenantPath(name), signal),
    refetchInterval: whileShown,
  });
}

export function useUsage(name: string, days: number) {
  return useQuery({
    queryKey: [...keys.usage(name), days],
    queryFn: ({ signal }) => getJson<UsageReport>(`${tenantPath(name)}/usage?days=${days}`, signal),
    refetchInterval: REFRESH_MS,
  });
}

export function useCreateTenant() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (form: NewTenant) => postJson<CreatedTenant>("/v1/tenants", form),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.plans });
      return client.invalidateQueries({ queryKey: keys.tenants });
    },
    // The answer holds an API key; it must not outlive the dialog that shows it.
    gcTime: 0,
  });
}

export function useChangeTenant(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: TenantChange) => patchJson<TenantDetails>(tenantPath(name), change),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.plans });
      return client.invalidateQueries({ queryKey: keys.tenants });
    },
  });
}

export function useDeleteTenant(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(tenantPath(name)),
    onSuccess: () => {
      // Not invalidated with the rest: its page may still be open, and would ask for what is gone.
      client.setQueryData<Tenant[]>(keys.tenants, (tenants) => tenants?.filter((tenant) => tenant.name !== name));
      void client.invalidateQueries({ queryKey: keys.plans });
      void client.invalidateQueries({ queryKey: keys.deleted });
      return client.invalidateQueries({ queryKey: keys.tenants, exact: true });
    },
  });
}

export function usePublishSite(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (archive: Blob) => postZip<Release>(`${tenantPath(name)}/site`, archive),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tenant(name) }),
  });
}
