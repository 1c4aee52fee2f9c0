import { Button, Group, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { IconChartBar, IconTable } from "@tabler/icons-react";
import { useState } from "react";

import { useUsage } from "../api/queries";
import type { UsageReport } from "../api/types";
import { lastDays } from "../lib/days";
import { ProblemAlert } from "./problem-alert";
import { RequestsChart } from "./requests-chart";
import { RequestsTable } from "./requests-table";
import { Section } from "./section";
import { UsageMeters } from "./usage-meters";

const DAYS = 30;

/** What a tenant uses. It is asked for again by itself; when that fails, the last numbers stay below the problem. */
export function TenantUsage({ name }: { name: string }) {
  const { data: report, error, refetch } = useUsage(name, DAYS);
  return (
    <>
      <Section title="Usage" description="Now, beside its limits. Renewed every 10 seconds.">
        {error && <ProblemAlert error={error} onRetry={() => void refetch()} />}
        {report && <UsageMeters report={report} />}
        {!report && !error && <Loading />}
      </Section>
      {(report || !error) && (
        <Section title="Requests by day" description={`The last ${DAYS} days, in UTC. WebSockets are not counted.`}>
          {report ? <Requests days={report.days} /> : <Skeleton h={240} />}
        </Section>
      )}
    </>
  );
}

function Requests({ days }: Pick<UsageReport, "days">) {
  const [asTable, setAsTable] = useState(false);
  if (days.length === 0) return <Text c="dimmed">Nobody has asked for anything in these days.</Text>;
  return (
    <>
      {asTable ? <RequestsTable days={days} /> : <RequestsChart days={lastDays(days, DAYS)} />}
      <Group>
        <Button
          variant="default"
          size="xs"
          leftSection={asTable ? <IconChartBar size={16} aria-hidden /> : <IconTable size={16} aria-hidden />}
          onClick={() => setAsTable(!asTable)}
          data-testid="toggle-requests"
        >
          {asTable ? "Show as a chart" : "Show as a table"}
        </Button>
      </Group>
    </>
  );
}

function Loading() {
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="lg" verticalSpacing="xl" role="status" aria-label="Loading the usage">
      {Array.from({ length: 8 }, (_, index) => (
        <Stack key={index} gap={8}>
          <Skeleton h={14} w="60%" />
          <Skeleton h={24} w="45%" />
          <Skeleton h={8} />
        </Stack>
      ))}
    </SimpleGrid>
  );
}
