import { Anchor, Button, Paper, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";

import { useTenants } from "../api/queries";
import type { Tenant } from "../api/types";
import { DeletedTenants } from "../components/deleted-tenants";
import { openNewTenant } from "../components/new-tenant";
import { NoTenants } from "../components/no-tenants";
import { Page } from "../components/page";
import { ProblemAlert } from "../components/problem-alert";
import { TenantsTable } from "../components/tenants-table";

export default function TenantsPage() {
  const { data: tenants, error, refetch } = useTenants();
  const newTenant = tenants && tenants.length > 0 && (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={openNewTenant} data-testid="new-tenant">
      New tenant
    </Button>
  );

  return (
    <Page title="Tenants" actions={newTenant}>
      {error && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      {!tenants && !error && <Loading />}
      {tenants && (tenants.length === 0 ? <NoTenants /> : <SearchableTenants tenants={tenants} />)}
      {tenants && <DeletedTenants />}
    </Page>
  );
}

function SearchableTenants({ tenants }: { tenants: Tenant[] }) {
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  const plan = useSearchParams()[0].get("plan");
  const found = tenants.filter(
    (tenant) => tenant.name.includes(wanted) && (plan === null || tenant.plan === plan),
  );

  return (
    <Stack gap="md">
      {plan !== null && (
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          Those with the plan <b>{plan}</b>.{" "}
          <Anchor component={Link} to="/" size="sm">
            Show all tenants
          </Anchor>
        </Text>
      )}
      <TextInput
        type="search"
        aria-label="Search by name"
        placeholder="Search by name"
        leftSection={<IconSearch size={16} aria-hidden />}
        maw={360}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        data-testid="tenant-search"
      />
      {found.length > 0 ? (
        // A new search starts again with the first rows.
        <TenantsTable key={`${plan} ${wanted}`} tenants={found} />
      ) : (
        <Paper>
          <Text c="dimmed">{wanted === "" ? "No tenant has it." : `None has “${search.trim()}” in its name.`}</Text>
        </Paper>
      )}
    </Stack>
  );
}

function Loading() {
  return (
    <Paper role="status" aria-label="Loading tenants">
      <Stack gap="lg">
        <Skeleton h={20} w="70%" />
        <Skeleton h={20} w="55%" />
        <Skeleton h={20} w="62%" />
      </Stack>
    </Paper>
  );
}
