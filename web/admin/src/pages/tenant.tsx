import { Anchor, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { Link, useParams } from "react-router";

import { ApiError } from "../api/http";
import { useTenant } from "../api/queries";
import type { TenantDetails } from "../api/types";
import { AboutTenant } from "../components/about-tenant";
import { ConnectTenant } from "../components/connect-tenant";
import { isForATime, Lifetime } from "../components/lifetime";
import { Page } from "../components/page";
import { PreviewBadge } from "../components/preview-badge";
import { ProblemAlert } from "../components/problem-alert";
import { PublishSite } from "../components/publish-site";
import { QuarantineBadge } from "../components/quarantine-badge";
import { RunningOperation } from "../components/running-operation";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { SuspendedAlert } from "../components/suspended-alert";
import { TenantLife } from "../components/tenant-life";
import { TenantLimits } from "../components/tenant-limits";
import { TenantPreviews } from "../components/tenant-previews";
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
      {tenant && !isGone(error) && <Details tenant={tenant} />}
    </Page>
  );
}

/** What is asked for again may have been deleted or renamed by somebody else meanwhile. */
function isGone(error: Error | null): boolean {
  return error instanceof ApiError && error.problem.status === 404;
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

/** What is looked at and done most comes first; plan and limits, which are long, last. */
function Details({ tenant }: { tenant: TenantDetails }) {
  const { name, previewOf } = tenant;
  return (
    <>
      {tenant.status === "suspended" && <SuspendedAlert name={name} />}
      {isForATime(tenant) && (
        <Text size="sm" data-testid="lifetime">
          <Lifetime tenant={tenant} />
        </Text>
      )}
      <RunningOperation name={name} />
      <AboutTenant tenant={tenant} />
      <TenantLife tenant={tenant} />
      <TenantSnapshots tenant={tenant} />
      {previewOf === null && <TenantPreviews name={name} />}
      <Section title="Publish a site" description="Visitors see the new site at once; uploaded files and data stay.">
        <PublishSite name={name} />
      </Section>
      <ConnectTenant tenant={tenant} />
      <TenantUsage name={name} />
      <TenantLimits tenant={tenant} />
    </>
  );
}

function Loading() {
  return (
    <Stack gap="lg" role="status" aria-label="Loading the tenant">
      <Skeleton h={160} />
      <Skeleton h={280} />
      <Skeleton h={240} />
    </Stack>
  );
}
