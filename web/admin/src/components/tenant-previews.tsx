import { Anchor, Button, List, Text } from "@mantine/core";
import { Link } from "react-router";

import { usePreviewsOf } from "../api/queries";
import type { Tenant } from "../api/types";
import { tenantPage } from "../lib/paths";
import { Moment } from "./moment";
import { openNewPreview } from "./new-preview";
import { Section } from "./section";

/** The previews of a tenant that there are now, and a new one. */
export function TenantPreviews({ name }: { name: string }) {
  const previews = usePreviewsOf(name);
  return (
    <Section
      title="Previews"
      description={`Clones for a time, at addresses such as ${name}--pr-12. They go with their tenant.`}
    >
      {previews.length === 0 ? <Text c="dimmed">There are none.</Text> : <Previews previews={previews} />}
      <Button
        variant="default"
        style={{ alignSelf: "flex-start" }}
        onClick={() => openNewPreview(name)}
        data-testid="new-preview"
      >
        New preview
      </Button>
    </Section>
  );
}

export function Previews({ previews }: { previews: readonly Tenant[] }) {
  return (
    <List size="sm" spacing={2}>
      {previews.map((preview) => (
        <List.Item key={preview.name} style={{ overflowWrap: "anywhere" }}>
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
