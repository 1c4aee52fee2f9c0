import { ActionIcon, Anchor, Group, Paper, Table, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { Link } from "react-router";

import type { Limits, Plan, Plans } from "../api/types";
import { formatCount, plural } from "../lib/format";
import { LIMITS } from "../lib/limits";
import { tenantsOfPlan } from "../lib/paths";
import { formatLimit } from "../lib/quantity";
import { openDeletePlan } from "./delete-plan";
import { openEditPlan } from "./edit-plan";

export function PlansTable({ plans: { items, defaults } }: { plans: Plans }) {
  return (
    <Paper p={0}>
      <Table verticalSpacing="sm" horizontalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th visibleFrom="xs">Limits</Table.Th>
            <Table.Th ta="end">Tenants</Table.Th>
            <Table.Th w={0}>
              <VisuallyHidden>Actions</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((plan) => (
            <PlanRow key={plan.name} plan={plan} defaults={defaults} />
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}

function PlanRow({ plan, defaults }: { plan: Plan; defaults: Limits }) {
  const { name, tenants } = plan;
  return (
    <Table.Tr data-testid="plan-row" data-name={name}>
      <Table.Td style={{ overflowWrap: "anywhere" }}>
        <Text size="sm" fw={600}>
          {name}
        </Text>
        <Text size="sm" c="dimmed" hiddenFrom="xs">
          <LimitsInWords plan={plan} />
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="xs">
        <LimitsInWords plan={plan} />
      </Table.Td>
      <Table.Td ta="end" data-testid="plan-tenants">
        {tenants === 0 ? (
          formatCount(tenants)
        ) : (
          <Anchor
            component={Link}
            to={tenantsOfPlan(name)}
            size="sm"
            aria-label={`${plural(tenants, "tenant")} with the plan ${name}`}
          >
            {formatCount(tenants)}
          </Anchor>
        )}
      </Table.Td>
      <Table.Td>
        <Group gap={4} wrap="nowrap">
          <Tooltip label={`Edit ${name}`}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Edit ${name}`}
              onClick={() => openEditPlan(plan, defaults)}
              data-testid="edit-plan"
            >
              <IconPencil size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={`Delete ${name}`}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Delete ${name}`}
              onClick={() => openDeletePlan(name)}
              data-testid="delete-plan"
            >
              <IconTrash size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

/** The limits that a plan sets, in one line. */
function LimitsInWords({ plan: { limits } }: { plan: Plan }) {
  const set = LIMITS.flatMap((limit) => {
    const value = limits[limit.name];
    return value === undefined ? [] : [`${limit.label}: ${formatLimit(value, limit)}`];
  });
  return set.length === 0 ? "As the server says" : set.join(" · ");
}
