import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { ApiError, getJson, postJson, postZip, remove } from "./http";
import type {
  Admin,
  CreatedTenant,
  Credentials,
  FirstAdmin,
  Release,
  SignedIn,
  Status,
  Tenant,
  TenantDetails,
} from "./types";

export const keys = {
  status: ["status"],
  admin: ["admin"],
  tenants: ["tenants"],
  tenant: (name: string) => ["tenants", name],
};

const tenantPath = (name: string) => `/v1/tenants/${encodeURIComponent(name)}`;

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
      client.removeQueries({ queryKey: keys.tenants });
    },
  });
}

export function useTenants() {
  return useQuery({
    queryKey: keys.tenants,
    queryFn: async ({ signal }) => (await getJson<{ items: Tenant[] }>("/v1/tenants", signal)).items,
  });
}

export function useTenant(name: string) {
  return useQuery({
    queryKey: keys.tenant(name),
    queryFn: ({ signal }) => getJson<TenantDetails>(tenantPath(name), signal),
  });
}

export function useCreateTenant() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (form: { name: string }) => postJson<CreatedTenant>("/v1/tenants", form),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tenants }),
    // The answer holds an API key; it must not outlive the dialog that shows it.
    gcTime: 0,
  });
}

export function useDeleteTenant(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(tenantPath(name)),
    onSuccess: () => {
      // Not invalidated with the rest: its page may still be open, and would ask for what is gone.
      client.setQueryData<Tenant[]>(keys.tenants, (tenants) => tenants?.filter((tenant) => tenant.name !== name));
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
