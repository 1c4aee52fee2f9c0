import type { User } from "backpack-sdk";

/** A profile's fields are whatever the client sent when the account was made. */
export function nameOf({ name, email }: User): string {
  return typeof name === "string" && name !== "" ? name : String(email ?? "");
}

/** What to show: what staff may do is up to the collections' rules. Only an API key gives the role. */
export function isStaff({ roles }: User): boolean {
  return Array.isArray(roles) && roles.includes("staff");
}
