import { Anchor } from "@mantine/core";
import { Link } from "react-router";

import type { Tenant } from "../api/types";
import { tenantPage } from "../lib/paths";
import { Moment } from "./moment";

/** Whether a tenant was made for a time. */
export function isForATime({ previewOf, expiresAt }: Tenant): boolean {
  return previewOf !== null || expiresAt !== null;
}

/** Of what a tenant is a preview, and when it is removed. */
export function Lifetime({ tenant: { previewOf, expiresAt } }: { tenant: Tenant }) {
  return (
    <>
      {previewOf !== null && (
        <>
          Preview of{" "}
          <Anchor component={Link} to={tenantPage(previewOf)} inherit underline="always">
            {previewOf}
          </Anchor>
          {expiresAt !== null && ", removed "}
        </>
      )}
      {previewOf === null && expiresAt !== null && "Removed "}
      {expiresAt !== null && <Moment at={expiresAt} />}
    </>
  );
}
