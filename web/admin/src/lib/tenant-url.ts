import type { Status } from "../api/types";

/** Where a tenant of this name will be; `publicUrl` knows the scheme and the port. */
export function tenantUrl(name: string, { publicUrl, baseDomain }: Pick<Status, "publicUrl" | "baseDomain">): string {
  const url = new URL(publicUrl);
  url.hostname = `${name}.${baseDomain}`;
  return url.origin;
}
