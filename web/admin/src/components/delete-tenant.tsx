import { Text } from "@mantine/core";
import { modals } from "@mantine/modals";

import { useDeleteTenant, useStatus } from "../api/queries";
import { afterDeletion } from "../lib/grace";
import { notifyDone } from "../lib/notify";
import { TypeToConfirm } from "./type-to-confirm";

export function openDeleteTenant(name: string, onDeleted?: () => void): void {
  const modalId = modals.open({
    title: `Delete ${name}`,
    children: (
      <DeleteTenant
        name={name}
        onClose={() => modals.close(modalId)}
        onDeleted={() => {
          modals.close(modalId);
          notifyDone(`${name} is deleted.`);
          onDeleted?.();
        }}
      />
    ),
  });
}

interface DeleteTenantProps {
  name: string;
  onClose: () => void;
  onDeleted: () => void;
}

function DeleteTenant({ name, onClose, onDeleted }: DeleteTenantProps) {
  const deletion = useDeleteTenant(name);
  const { data: status } = useStatus();
  return (
    <TypeToConfirm
      name={name}
      action="Delete"
      onConfirm={() => deletion.mutate(undefined, { onSuccess: onDeleted })}
      onClose={onClose}
      pending={deletion.isPending}
      error={deletion.error}
      testId="confirm-delete"
    >
      <Text size="sm">
        Nobody reaches its site, documents, files and accounts any more. {status && afterDeletion(status.days)}
      </Text>
    </TypeToConfirm>
  );
}
