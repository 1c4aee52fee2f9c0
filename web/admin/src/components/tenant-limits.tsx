import { ActionIcon, Badge, Button, Group, Skeleton, Stack, Text, Tooltip } from "@mantine/core";
import { IconArrowBackUp } from "@tabler/icons-react";
import { useRef, useState } from "react";

import { usePlans } from "../api/plans";
import { useChangeTenant } from "../api/queries";
import type { Plans, TenantDetails } from "../api/types";
import { type Limit, LIMITS } from "../lib/limits";
import { notifyDone, notifyProblem } from "../lib/notify";
import { formatLimit } from "../lib/quantity";
import { sourceOf } from "../lib/sources";
import { openEditLimits } from "./edit-limits";
import { LimitsTables } from "./limits-tables";
import { ProblemAlert } from "./problem-alert";
import { Section } from "./section";
import { TenantPlan } from "./tenant-plan";

export function TenantLimits({ tenant }: { tenant: TenantDetails }) {
  const { data: plans, error, refetch } = usePlans();
  return (
    <Section
      title="Plan and limits"
      description="A limit is the tenant’s own, else its plan’s, else the server’s. Changes count at once."
    >
      {error && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      {!plans && !error && <Skeleton h={300} role="status" aria-label="Loading the plans" />}
      {plans && <Loaded tenant={tenant} plans={plans} />}
    </Section>
  );
}

function Loaded({ tenant, plans }: { tenant: TenantDetails; plans: Plans }) {
  const edit = useRef<HTMLButtonElement>(null);
  const [all, setAll] = useState(false);
  const change = useChangeTenant(tenant.name);
  const plan = plans.items.find(({ name }) => name === tenant.plan);
  const otherwise = { ...plans.defaults, ...plan?.limits };

  const isOfServer = ({ name }: Limit) => sourceOf(name, tenant.ownLimits, plan) === "server";
  const ofServer = LIMITS.filter(isOfServer).length;

  const takeBack = ({ name, label }: Limit) => {
    change.mutate(
      { limits: { [name]: null } },
      {
        onSuccess: () => {
          notifyDone(`${label}: taken back.`);
          // The button that was pressed is gone now, and the focus must not go with it.
          edit.current?.focus();
        },
        onError: notifyProblem,
      },
    );
  };

  const origin = (limit: Limit) => {
    const source = sourceOf(limit.name, tenant.ownLimits, plan);
    if (source !== "own") {
      return (
        <Text size="sm" c="dimmed" data-from={source}>
          {source === "plan" ? "Plan" : "Server"}
        </Text>
      );
    }
    const label = `Take back ${limit.label}, so that it is: ${formatLimit(otherwise[limit.name], limit)}`;
    return (
      <Group gap={4} justify="flex-end" wrap="nowrap">
        <Badge variant="light" tt="none" fw={600} data-from="own">
          Its own
        </Badge>
        <Tooltip label={label}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={label}
            disabled={change.isPending}
            onClick={() => takeBack(limit)}
            data-testid="take-back"
          >
            <IconArrowBackUp size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Group>
    );
  };

  return (
    <Stack gap="lg">
      <TenantPlan tenant={tenant} plans={plans.items} />
      {!all && ofServer > 0 && (
        <Text size="sm" c="dimmed" data-testid="limits-of-server">
          {ofServer === LIMITS.length ? "All limits are those of the server." : "The other limits are those of the server."}
        </Text>
      )}
      {(all || ofServer < LIMITS.length) && (
        <LimitsTables limits={tenant.limits} shows={(limit) => all || !isOfServer(limit)} origin={origin} />
      )}
      <Group gap="sm">
        {ofServer > 0 && (
          <Button variant="default" aria-expanded={all} onClick={() => setAll(!all)} data-testid="all-limits">
            {all ? "Show fewer limits" : "Show all limits"}
          </Button>
        )}
        <Button
          ref={edit}
          variant="default"
          onClick={() => openEditLimits(tenant, otherwise)}
          data-testid="edit-limits"
        >
          Edit its own limits
        </Button>
      </Group>
    </Stack>
  );
}
