import { Button, Paper, Skeleton, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAdjustments, IconPlus } from "@tabler/icons-react";

import { usePlans } from "../api/plans";
import type { Limits, Plans } from "../api/types";
import { openNewPlan } from "../components/edit-plan";
import { LimitsTables } from "../components/limits-tables";
import { Page } from "../components/page";
import { PlansTable } from "../components/plans-table";
import { ProblemAlert } from "../components/problem-alert";
import { Section } from "../components/section";

export default function PlansPage() {
  const { data: plans, error, refetch } = usePlans();
  return (
    <Page title="Plans" actions={plans && plans.items.length > 0 && <NewPlan defaults={plans.defaults} />}>
      {error && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      {!plans && !error && <Loading />}
      {plans && <Loaded plans={plans} />}
    </Page>
  );
}

function Loaded({ plans }: { plans: Plans }) {
  return (
    <>
      {plans.items.length === 0 ? <NoPlans defaults={plans.defaults} /> : <PlansTable plans={plans} />}
      <Section
        title="The server’s limits"
        description="For tenants without a plan, and where a plan says nothing. They are settings: the server reads them when it starts."
      >
        <LimitsTables limits={plans.defaults} />
      </Section>
    </>
  );
}

function NoPlans({ defaults }: { defaults: Limits }) {
  return (
    <Paper p="xl">
      <Stack gap="md" align="center">
        <ThemeIcon size={56} radius="xl" variant="light">
          <IconAdjustments size={30} stroke={1.5} aria-hidden />
        </ThemeIcon>
        <Title order={2}>No plans yet</Title>
        <Text c="dimmed" ta="center" maw={480}>
          A plan is a set of limits with a name, for as many tenants as you like. Change it, and the limits of all of
          them change at once.
        </Text>
        <NewPlan defaults={defaults} />
      </Stack>
    </Paper>
  );
}

function NewPlan({ defaults }: { defaults: Limits }) {
  return (
    <Button
      leftSection={<IconPlus size={18} aria-hidden />}
      onClick={() => openNewPlan(defaults)}
      data-testid="new-plan"
    >
      New plan
    </Button>
  );
}

function Loading() {
  return (
    <Stack gap="lg" role="status" aria-label="Loading the plans">
      <Skeleton h={160} />
      <Skeleton h={420} />
    </Stack>
  );
}
