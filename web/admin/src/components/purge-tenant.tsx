import { Text } from "@mantine/core";
import { modals } from "@mantine/modals";

import { usePurge } from "../api/life";
import { notifyDone } from "../lib/notify";
import { TypeToConfirm } from "./type-to-confirm";

export function openPurgeTenant(name: string): void {
  const modalId = modals.open({
    title: `Remove ${name} for good`,
    children: <PurgeTenant name={name} onClose={() => modals.close(modalId)} />,
  });
}

function PurgeTenant({ name, onClose }: { name: string; onClose: () => void }) {
  const purge = usePurge(name);
  const remove = () => {
    purge.mutate(undefined, {
      onSuccess: () => {
        onClose();
        notifyDone(`${name} is gone for good.`);
      },
    });
  };

  return (
    <TypeToConfirm
      name={name}
      action="Remove for good"
      onConfirm={remove}
      onClose={onClose}
      pending={purge.isPending}
      error={purge.error}
      testId="confirm-purge"
    >
      <Text size="sm">
        Everything in it is removed now, its snapshots too, and nobody can have it back. Its name rests for a time, so
        that old links and clients find nobody.
      </Text>
    </TypeToConfirm>
  );
}
