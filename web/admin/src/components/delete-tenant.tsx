import { Text } from "@mantine/core";
import { modals } from "@mantine/modals";

import { useDeleteTenant, useStatus } from "../api/queries";
import type { Tenant } from "../api/types";
import { afterDeletion } from "../lib/grace";
import { notifyDone } from "../lib/notify";
import { TypeToConfirm } from "./type-to-confirm";

export function openDeleteTenant({ name, previewOf }: Tenant, onDeleted?: () => void): void {
  const modalId = modals.open({
    title: `Delete ${name}`,
    children: (
      <DeleteTenant
        name={name}
        isPreview={previewOf !== null}
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
  isPreview: boolean;
  onClose: () => void;
  onDeleted: () => void;
}

function DeleteTenant({ name, isPreview, onClose, onDeleted }: DeleteTenantProps) {
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
        Nobody reaches its site, documents, files and accounts any more. {status && afterDeletion(status.days, isPreview)}
      </Text>
    </TypeToConfirm>
  );
}
