export function tenantPage(name: string): string {
  return `/tenants/${encodeURIComponent(name)}`;
}

/** The list of tenants, of those alone that have this plan. */
export function tenantsOfPlan(plan: string): string {
  return `/?${new URLSearchParams({ plan }).toString()}`;
}
