import { Button, Center, Stack, Table, Text, VisuallyHidden } from "@mantine/core";
import { useState } from "react";

import type { Snapshot } from "../api/types";
import { formatBytes, formatCount, formatMoment, plural } from "../lib/format";
import { Moment } from "./moment";
import { SnapshotMenu } from "./snapshot-menu";

/** More rows at once push the rest of the page out of sight. */
const STEP = 10;

const REASONS: Record<Snapshot["reason"], string> = { manual: "Asked for", scheduled: "By itself", before: "Way back" };

interface SnapshotsTableProps {
  name: string;
  snapshots: readonly Snapshot[];
}

export function SnapshotsTable({ name, snapshots }: SnapshotsTableProps) {
  const [shown, setShown] = useState(STEP);
  return (
    <Stack gap="md">
      <Table verticalSpacing="xs" horizontalSpacing={6} style={{ fontVariantNumeric: "tabular-nums" }}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Taken</Table.Th>
            <Table.Th scope="col" ta="end" visibleFrom="sm">
              Documents
            </Table.Th>
            <Table.Th scope="col" ta="end" visibleFrom="sm">
              Files
            </Table.Th>
            <Table.Th scope="col" ta="end" visibleFrom="xs">
              Size
            </Table.Th>
            <Table.Th scope="col" ta="end" visibleFrom="sm">
              New
            </Table.Th>
            <Table.Th scope="col" ta="end" visibleFrom="xs">
              Proven
            </Table.Th>
            <Table.Th w={0}>
              <VisuallyHidden>Actions</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {snapshots.slice(0, shown).map((snapshot) => (
            <Row key={snapshot.id} name={name} snapshot={snapshot} />
          ))}
        </Table.Tbody>
      </Table>
      {snapshots.length > shown && (
        <Center>
          <Button variant="default" size="xs" onClick={() => setShown(shown + STEP)}>
            Show more of {snapshots.length}
          </Button>
        </Center>
      )}
    </Stack>
  );
}

function Row({ name, snapshot }: { name: string; snapshot: Snapshot }) {
  const { createdAt, reason, note, documents, files, size, added, proven } = snapshot;
  return (
    <Table.Tr data-testid="snapshot-row" data-id={snapshot.id}>
      <Table.Th scope="row" fw={400}>
        <Text size="sm" fw={600} style={{ whiteSpace: "nowrap" }}>
          {formatMoment(new Date(createdAt))}
        </Text>
        <Text size="sm" c="dimmed" lineClamp={2} title={note} style={{ overflowWrap: "anywhere" }}>
          {REASONS[reason] ?? reason}
          {note !== "" && `: ${note}`}
        </Text>
        <Text size="xs" c="dimmed" hiddenFrom="sm">
          {plural(documents, "document")}, {plural(files, "file")}, {formatBytes(size)}, {formatBytes(added)} new
        </Text>
        <Text size="xs" c="dimmed" hiddenFrom="xs">
          {proven === null ? (
            "Not proven yet"
          ) : (
            <>
              Proven <Moment at={proven.at} />
            </>
          )}
        </Text>
      </Table.Th>
      <Table.Td ta="end" visibleFrom="sm">
        {formatCount(documents)}
      </Table.Td>
      <Table.Td ta="end" visibleFrom="sm">
        {formatCount(files)}
      </Table.Td>
      <Table.Td ta="end" visibleFrom="xs" style={{ whiteSpace: "nowrap" }}>
        {formatBytes(size)}
      </Table.Td>
      <Table.Td ta="end" visibleFrom="sm" style={{ whiteSpace: "nowrap" }}>
        {formatBytes(added)}
      </Table.Td>
      <Table.Td ta="end" visibleFrom="xs" style={{ whiteSpace: "nowrap" }} data-testid="snapshot-proven">
        {proven === null ? (
          <Text span size="sm" c="dimmed">
            Not yet
          </Text>
        ) : (
          <Moment at={proven.at} />
        )}
      </Table.Td>
      <Table.Td>
        <SnapshotMenu name={name} snapshot={snapshot} />
      </Table.Td>
    </Table.Tr>
  );
}
