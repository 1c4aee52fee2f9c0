import { Button, Group, Stack, Text } from "@mantine/core";
import { modals } from "@mantine/modals";

import type { CreatedTenant } from "../api/types";
import { Copyable } from "./copyable";
import { ExternalLink } from "./external-link";
import { NextSteps } from "./next-steps";

type ReadyTenant = Pick<CreatedTenant, "name" | "url" | "apiKey">;

/** Stays until it is answered: the key in it cannot be shown a second time, so a stray click must not take it away. */
export function showTenantReady(tenant: ReadyTenant): void {
  const modalId = modals.open({
    title: `${tenant.name} is ready`,
    size: "lg",
    closeOnClickOutside: false,
    closeOnEscape: false,
    withCloseButton: false,
    children: <TenantReady tenant={tenant} onClose={() => modals.close(modalId)} />,
  });
}

function TenantReady({ tenant, onClose }: { tenant: ReadyTenant; onClose: () => void }) {
  return (
    <Stack gap="lg">
      <Text size="sm">
        It answers at <ExternalLink href={tenant.url} size="sm" />
      </Text>
      <Stack gap={6}>
        <Text size="sm" fw={600}>
          API key
        </Text>
        <Copyable what="API key" text={tenant.apiKey} testId="api-key" />
        <Text size="sm" c="dimmed">
          Store it now: it is not shown again. It has all rights in this tenant, so keep it out of frontends and
          repositories.
        </Text>
      </Stack>
      <NextSteps tenant={tenant} />
      <Group justify="flex-end">
        <Button onClick={onClose} data-testid="tenant-ready-done">
          I have stored the key
        </Button>
      </Group>
    </Stack>
  );
}
