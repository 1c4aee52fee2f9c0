import { Button, Group, Stack, Text } from "@mantine/core";

import { useDeletedTenants, useUndelete } from "../api/life";
import type { Tenant } from "../api/types";
import { notifyDone, notifyProblem } from "../lib/notify";
import { Moment } from "./moment";
import { ProblemAlert } from "./problem-alert";
import { openPurgeTenant } from "./purge-tenant";
import { Section } from "./section";

/** Tenants that can be had back; nothing when there are none. */
export function DeletedTenants() {
  const { data: tenants = [], error, refetch } = useDeletedTenants();
  if (error) return <ProblemAlert error={error} onRetry={() => void refetch()} />;
  if (tenants.length === 0) return null;
  return (
    <Section title="Deleted" description="Nobody reaches them. They can be had back until they are removed for good.">
      <Stack gap="md">
        {tenants.map((tenant) => (
          <Deleted key={tenant.name} tenant={tenant} />
        ))}
      </Stack>
    </Section>
  );
}

function Deleted({ tenant: { name, purgeAt } }: { tenant: Tenant }) {
  const undelete = useUndelete();
  const bringBack = () => {
    undelete.mutate(name, { onSuccess: () => notifyDone(`${name} is back.`), onError: notifyProblem });
  };

  return (
    <Group justify="space-between" gap="sm" data-testid="deleted-row" data-name={name}>
      <Stack gap={2} style={{ flex: "1 1 200px", minWidth: 0 }}>
        <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
          {name}
        </Text>
        {purgeAt !== null && (
          <Text size="sm" c="dimmed">
            Removed for good <Moment at={purgeAt} />
          </Text>
        )}
      </Stack>
      <Group gap="sm">
        <Button variant="default" size="xs" onClick={bringBack} loading={undelete.isPending} data-testid="undelete">
          Undelete
        </Button>
        <Button variant="light" color="red" size="xs" onClick={() => openPurgeTenant(name)} data-testid="purge">
          Remove for good
        </Button>
      </Group>
    </Group>
  );
}
