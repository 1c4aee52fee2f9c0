import { Anchor, Button, DataList, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "react-router";

import { useTenant } from "../api/queries";
import type { TenantDetails } from "../api/types";
import { openDeleteTenant } from "../components/delete-tenant";
import { ExternalLink } from "../components/external-link";
import { isForATime, Lifetime } from "../components/lifetime";
import { Moment } from "../components/moment";
import { NextSteps } from "../components/next-steps";
import { Page } from "../components/page";
import { PreviewBadge } from "../components/preview-badge";
import { ProblemAlert } from "../components/problem-alert";
import { PublishSite } from "../components/publish-site";
import { QuarantineBadge } from "../components/quarantine-badge";
import { RunningOperation } from "../components/running-operation";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { TenantLife } from "../components/tenant-life";
import { TenantLimits } from "../components/tenant-limits";
import { TenantSnapshots } from "../components/tenant-snapshots";
import { TenantUsage } from "../components/tenant-usage";

export default function TenantPage() {
  const { name = "" } = useParams();
  const { data: tenant, error, refetch } = useTenant(name);
  const back = (
    <Anchor component={Link} to="/" size="sm">
      <IconArrowLeft size={14} aria-hidden style={{ verticalAlign: "-2px" }} /> All tenants
    </Anchor>
  );

  return (
    // The key keeps an archive that was chosen for one tenant from being offered to the next one, and lets the heading
    // of one that was renamed take the focus.
    <Page key={name} title={name} back={back} actions={tenant && <Badges tenant={tenant} />}>
      {error && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      {!tenant && !error && <Loading />}
      {tenant && <Details tenant={tenant} />}
    </Page>
  );
}

function Badges({ tenant }: { tenant: TenantDetails }) {
  return (
    <Group gap="xs">
      <QuarantineBadge tenant={tenant} />
      {tenant.previewOf !== null && <PreviewBadge />}
      <StatusBadge status={tenant.status} />
    </Group>
  );
}

function Details({ tenant }: { tenant: TenantDetails }) {
  const navigate = useNavigate();
  return (
    <>
      {isForATime(tenant) && (
        <Text size="sm" data-testid="lifetime">
          <Lifetime tenant={tenant} />
        </Text>
      )}
      <RunningOperation name={tenant.name} />
      <TenantUsage name={tenant.name} />
      <TenantLimits tenant={tenant} />
      <TenantSnapshots tenant={tenant} />
      <TenantLife tenant={tenant} />
      <Section title="About">
        <DataList>
          <DataList.Item>
            <DataList.ItemLabel>Address</DataList.ItemLabel>
            <DataList.ItemValue>
              <ExternalLink href={tenant.url} size="sm" />
            </DataList.ItemValue>
          </DataList.Item>
          <DataList.Item>
            <DataList.ItemLabel>Mode</DataList.ItemLabel>
            <DataList.ItemValue tt="capitalize">{tenant.mode}</DataList.ItemValue>
          </DataList.Item>
          <DataList.Item>
            <DataList.ItemLabel>Created</DataList.ItemLabel>
            <DataList.ItemValue>
              <Moment at={tenant.createdAt} />
            </DataList.ItemValue>
          </DataList.Item>
        </DataList>
      </Section>
      <Section title="Publish a site" description="Visitors see the new site at once; uploaded files and data stay.">
        <PublishSite name={tenant.name} />
      </Section>
      <Section title="Connect a frontend">
        <NextSteps tenant={tenant} />
      </Section>
      <Section title="Delete this tenant" description="Nobody reaches it any more. Until its time of grace is over it can be had back.">
        <Button
          color="red"
          variant="light"
          style={{ alignSelf: "flex-start" }}
          onClick={() => openDeleteTenant(tenant.name, () => void navigate("/"))}
          data-testid="delete-tenant"
        >
          Delete {tenant.name}
        </Button>
      </Section>
    </>
  );
}

function Loading() {
  return (
    <Stack gap="lg" role="status" aria-label="Loading the tenant">
      <Skeleton h={320} />
      <Skeleton h={280} />
      <Skeleton h={240} />
    </Stack>
  );
}
