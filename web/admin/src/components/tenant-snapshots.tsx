import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconCamera, IconDownload, IconHistory } from "@tabler/icons-react";

import { archivePath, useSnapshots } from "../api/snapshots";
import type { Snapshots, TenantDetails } from "../api/types";
import { formatBytes } from "../lib/format";
import { scheduleInWords } from "../lib/schedule";
import { Moment } from "./moment";
import { ProblemAlert } from "./problem-alert";
import { openRestoreMoment } from "./restore-moment";
import { Section } from "./section";
import { SnapshotsTable } from "./snapshots-table";
import { openTakeSnapshot } from "./take-snapshot";

/** What a tenant can be restored from. */
export function TenantSnapshots({ tenant: { name, previewOf } }: { tenant: TenantDetails }) {
  const { data: snapshots, error, refetch } = useSnapshots(name);
  return (
    <Section
      title="Snapshots"
      description="States that it can be brought back to. They lie on the same disk: against its loss, download archives."
    >
      {error && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      {!snapshots && !error && <Skeleton h={160} role="status" aria-label="Loading the snapshots" />}
      {snapshots && <Loaded name={name} isPreview={previewOf !== null} snapshots={snapshots} />}
    </Section>
  );
}

interface LoadedProps {
  name: string;
  isPreview: boolean;
  snapshots: Snapshots;
}

function Loaded({ name, isPreview, snapshots }: LoadedProps) {
  const oldest = snapshots.items.at(-1);
  return (
    <Stack gap="md">
      <Stack gap={4}>
        <Text size="sm" data-testid="snapshot-schedule">
          {isPreview ? "A preview gets none by itself." : scheduleInWords(snapshots.schedule)} Those that somebody asked
          for stay until they are forgotten, ways back from a restore for 7 days.
        </Text>
        {oldest && <Held snapshots={snapshots} />}
      </Stack>
      <Group gap="sm">
        <Button
          variant="default"
          leftSection={<IconCamera size={18} aria-hidden />}
          onClick={() => openTakeSnapshot(name)}
          data-testid="take-snapshot"
        >
          Take a snapshot
        </Button>
        {oldest && (
          <Button
            variant="default"
            leftSection={<IconHistory size={18} aria-hidden />}
            onClick={() => openRestoreMoment(name, oldest.createdAt)}
            data-testid="restore-moment"
          >
            Back to a moment
          </Button>
        )}
        <Button
          component="a"
          href={archivePath(name)}
          download
          variant="default"
          leftSection={<IconDownload size={18} aria-hidden />}
          data-testid="download-tenant"
        >
          Download as it is now
        </Button>
      </Group>
      {oldest ? (
        <SnapshotsTable name={name} snapshots={snapshots.items} />
      ) : (
        <Text c="dimmed">There are none yet. From the first one on, every moment can be had back.</Text>
      )}
    </Stack>
  );
}

function Held({ snapshots: { bytes, lastProvenAt } }: { snapshots: Snapshots }) {
  return (
    <Text size="sm" data-testid="snapshots-held">
      They take {formatBytes(bytes)} in all, beside the tenant.{" "}
      {lastProvenAt === null ? (
        "None was proven yet."
      ) : (
        <>
          One was last proven <Moment at={lastProvenAt} />.
        </>
      )}
    </Text>
  );
}
