import { Alert, Stack } from "@mantine/core";

import { useKeys } from "../api/life";
import type { TenantDetails } from "../api/types";
import { FirstKey } from "./first-key";
import { NextSteps } from "./next-steps";
import { Section } from "./section";

/** How to use a tenant. One that an operation has made, and whose dialog nobody saw, still needs a key. */
export function ConnectTenant({ tenant }: { tenant: TenantDetails }) {
  const { data: keys } = useKeys(tenant.name);
  return (
    <Section title="Connect a frontend">
      <Stack gap="md">
        {keys?.length === 0 && (
          <Alert title="It has no API key yet" data-testid="no-key">
            <FirstKey name={tenant.name} />
          </Alert>
        )}
        <NextSteps tenant={tenant} />
      </Stack>
    </Section>
  );
}
