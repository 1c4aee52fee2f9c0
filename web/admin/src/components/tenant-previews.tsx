import { Anchor, List } from "@mantine/core";
import { Link } from "react-router";

import { useTenants } from "../api/queries";
import { tenantPage } from "../lib/paths";
import { Moment } from "./moment";

/** The previews of a tenant that there are now; nothing when there are none. */
export function TenantPreviews({ name }: { name: string }) {
  const { data: tenants = [] } = useTenants();
  const previews = tenants.filter(({ previewOf }) => previewOf === name);
  if (previews.length === 0) return null;
  return (
    <List size="sm" mt={6} spacing={2}>
      {previews.map((preview) => (
        <List.Item key={preview.name}>
          <Anchor component={Link} to={tenantPage(preview.name)} size="sm">
            {preview.name}
          </Anchor>
          {preview.expiresAt !== null && (
            <>
              , removed <Moment at={preview.expiresAt} />
            </>
          )}
        </List.Item>
      ))}
    </List>
  );
}
