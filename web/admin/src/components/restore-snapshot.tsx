import { Text } from "@mantine/core";
import { modals } from "@mantine/modals";

import { useRestore } from "../api/snapshots";
import type { Snapshot } from "../api/types";
import { formatMoment } from "../lib/format";
import { OperationProgress } from "./operation-progress";
import { RestoreWarning } from "./restore-warning";
import { TypeToConfirm } from "./type-to-confirm";

export function openRestoreSnapshot(name: string, snapshot: Snapshot): void {
  const modalId = modals.open({
    title: `Restore ${name}`,
    children: <RestoreSnapshot name={name} snapshot={snapshot} onClose={() => modals.close(modalId)} />,
  });
}

interface RestoreSnapshotProps {
  name: string;
  snapshot: Snapshot;
  onClose: () => void;
}

function RestoreSnapshot({ name, snapshot: { id, createdAt }, onClose }: RestoreSnapshotProps) {
  const restore = useRestore(name, id);
  if (restore.data) return <OperationProgress begun={restore.data} onClose={onClose} />;
  return (
    <TypeToConfirm
      name={name}
      action="Restore"
      onConfirm={() => restore.mutate()}
      onClose={onClose}
      pending={restore.isPending}
      error={restore.error}
      testId="confirm-restore"
    >
      <Text size="sm">
        {name} becomes again what it was on <b>{formatMoment(new Date(createdAt))}</b>.
      </Text>
      <RestoreWarning />
    </TypeToConfirm>
  );
}
