import type { Days } from "../api/types";
import { plural } from "./format";

/** How long, in words; `days` may be a fraction. */
function during(days: number): string {
  if (days >= 1) return `for ${plural(days, "day")}`;
  return `for ${plural(Math.max(Math.round(days * 24), 1), "hour")}`;
}

/** What becomes of the name that a tenant had. */
export function formerName({ rename, nameRest }: Days): string {
  const leads = rename > 0 ? `leads to the new one ${during(rename)}` : "leads nowhere";
  const rests = nameRest > 0 ? `nobody else can have it ${during(nameRest)}` : "anybody can have it";
  return `The old name ${leads}; after that ${rests}.`;
}

/** What becomes of a tenant that is deleted, or of a preview. */
export function afterDeletion(days: Days, isPreview: boolean): string {
  if (isPreview) return "A preview is gone for good at once.";
  if (days.delete <= 0) return "It is gone for good at once, and so are its previews.";
  return (
    `It can be had back ${during(days.delete)}, below the list of tenants; then it is gone for good. ` +
    "Previews of it are gone at once."
  );
}
