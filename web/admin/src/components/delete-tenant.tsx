import { Text } from "@mantine/core";
import { modals } from "@mantine/modals";

import { useDeleteTenant } from "../api/queries";
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
        Nobody reaches its site, documents, files and accounts any more. Until its time of grace is over it can be had
        back, below the list of tenants; then it is gone for good. Previews of it are gone at once.
      </Text>
    </TypeToConfirm>
  );
}
