import { ActionIcon, Anchor, Button, Center, Paper, Stack, Table, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "react-router";

import type { Tenant } from "../api/types";
import { tenantPage } from "../lib/paths";
import { openDeleteTenant } from "./delete-tenant";
import { ExternalLink } from "./external-link";
import { isForATime, Lifetime } from "./lifetime";
import { Moment } from "./moment";
import { PreviewBadge } from "./preview-badge";
import { QuarantineBadge } from "./quarantine-badge";
import { StatusBadge } from "./status-badge";

/** More rows at once make the page slow, and nobody reads them. */
const STEP = 100;

export function TenantsTable({ tenants }: { tenants: Tenant[] }) {
  const [shown, setShown] = useState(STEP);

  return (
    <Stack gap="md">
      <Paper p={0}>
        <Table verticalSpacing="sm" horizontalSpacing="sm" highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>Status</Table.Th>
              <Table.Th visibleFrom="xs">Plan</Table.Th>
              <Table.Th visibleFrom="xs">Created</Table.Th>
              <Table.Th w={0}>
                <VisuallyHidden>Actions</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {tenants.slice(0, shown).map((tenant) => (
              <TenantRow key={tenant.name} tenant={tenant} />
            ))}
          </Table.Tbody>
        </Table>
      </Paper>
      {tenants.length > shown && (
        <Center>
          <Button variant="default" onClick={() => setShown(shown + STEP)}>
            Show more of {tenants.length}
          </Button>
        </Center>
      )}
    </Stack>
  );
}

function TenantRow({ tenant }: { tenant: Tenant }) {
  const label = `Delete ${tenant.name}`;
  return (
    <Table.Tr data-testid="tenant-row" data-name={tenant.name}>
      <Table.Td>
        <Stack gap={2} align="flex-start">
          <Anchor
            component={Link}
            to={tenantPage(tenant.name)}
            fw={600}
            size="sm"
            style={{ overflowWrap: "anywhere" }}
          >
            {tenant.name}
          </Anchor>
          <ExternalLink href={tenant.url} fz={{ base: "xs", xs: "sm" }} c="dimmed" />
          {isForATime(tenant) && (
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }} data-testid="lifetime">
              <Lifetime tenant={tenant} />
            </Text>
          )}
          {tenant.plan !== null && (
            <Text size="xs" c="dimmed" hiddenFrom="xs" style={{ overflowWrap: "anywhere" }}>
              Plan {tenant.plan}
            </Text>
          )}
        </Stack>
      </Table.Td>
      <Table.Td>
        <Stack gap={4} align="flex-start">
          <StatusBadge status={tenant.status} />
          <QuarantineBadge tenant={tenant} />
          {tenant.previewOf !== null && <PreviewBadge />}
        </Stack>
      </Table.Td>
      <Table.Td visibleFrom="xs" style={{ overflowWrap: "anywhere" }} data-testid="tenant-plan">
        {tenant.plan ?? (
          <Text span size="sm" c="dimmed">
            None
          </Text>
        )}
      </Table.Td>
      <Table.Td visibleFrom="xs">
        <Moment at={tenant.createdAt} />
      </Table.Td>
      <Table.Td>
        <Tooltip label={label}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={label}
            onClick={() => openDeleteTenant(tenant)}
            data-testid="delete-tenant"
          >
            <IconTrash size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Table.Td>
    </Table.Tr>
  );
}
