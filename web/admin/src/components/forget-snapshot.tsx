import { modals } from "@mantine/modals";

import { useForget } from "../api/snapshots";
import type { Snapshot } from "../api/types";
import { formatMoment } from "../lib/format";
import { notifyDone } from "../lib/notify";
import { Confirm } from "./confirm";

export function openForgetSnapshot(name: string, snapshot: Snapshot): void {
  const modalId = modals.open({
    title: "Forget the snapshot",
    children: <ForgetSnapshot name={name} snapshot={snapshot} onClose={() => modals.close(modalId)} />,
  });
}

interface ForgetSnapshotProps {
  name: string;
  snapshot: Snapshot;
  onClose: () => void;
}

function ForgetSnapshot({ name, snapshot: { id, createdAt }, onClose }: ForgetSnapshotProps) {
  const forget = useForget(name, id);
  const done = () => {
    onClose();
    notifyDone("The snapshot is forgotten.");
  };
  return (
    <Confirm
      action="Forget"
      color="red"
      onConfirm={() => forget.mutate(undefined, { onSuccess: done })}
      onClose={onClose}
      pending={forget.isPending}
      error={forget.error}
      testId="confirm-forget"
    >
      {name} cannot be restored from the snapshot of {formatMoment(new Date(createdAt))} any more. What other snapshots
      have stays; moments that are only reached from this one are lost.
    </Confirm>
  );
}
