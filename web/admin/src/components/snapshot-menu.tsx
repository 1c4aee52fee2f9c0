import { ActionIcon, Menu } from "@mantine/core";
import {
  IconArrowBackUp,
  IconCopyPlus,
  IconDots,
  IconDownload,
  IconShieldCheck,
  IconTrash,
} from "@tabler/icons-react";

import { archivePath, useProve } from "../api/snapshots";
import type { Snapshot } from "../api/types";
import { formatMoment } from "../lib/format";
import { notifyProblem } from "../lib/notify";
import { openCloneTenant } from "./clone-tenant";
import { openForgetSnapshot } from "./forget-snapshot";
import { openRestoreSnapshot } from "./restore-snapshot";
import { showOperation } from "./show-operation";

/** What can be done with one snapshot. */
export function SnapshotMenu({ name, snapshot }: { name: string; snapshot: Snapshot }) {
  const prove = useProve(name, snapshot.id);
  const beginProof = () => {
    prove.mutate(undefined, {
      onSuccess: showOperation,
      onError: notifyProblem,
    });
  };

  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Actions for the snapshot of ${formatMoment(new Date(snapshot.createdAt))}`}
          loading={prove.isPending}
          data-testid="snapshot-actions"
        >
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconArrowBackUp size={16} aria-hidden />}
          onClick={() => openRestoreSnapshot(name, snapshot)}
          data-testid="restore-snapshot"
        >
          Restore
        </Menu.Item>
        <Menu.Item
          leftSection={<IconCopyPlus size={16} aria-hidden />}
          onClick={() => openCloneTenant(name, snapshot)}
          data-testid="clone-snapshot"
        >
          New tenant of it
        </Menu.Item>
        <Menu.Item
          leftSection={<IconShieldCheck size={16} aria-hidden />}
          onClick={beginProof}
          data-testid="prove-snapshot"
        >
          Prove
        </Menu.Item>
        <Menu.Item
          component="a"
          href={archivePath(name, snapshot.id)}
          download
          leftSection={<IconDownload size={16} aria-hidden />}
          data-testid="download-snapshot"
        >
          Download
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          c="var(--mantine-color-error)"
          leftSection={<IconTrash size={16} aria-hidden />}
          onClick={() => openForgetSnapshot(name, snapshot)}
          data-testid="forget-snapshot"
        >
          Forget
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
