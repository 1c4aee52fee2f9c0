import { Button, Code, Group, Stack, Text, TextInput } from "@mantine/core";
import { modals } from "@mantine/modals";
import { type SubmitEvent, useState } from "react";

import { useDeleteTenant } from "../api/queries";
import { notifyDone } from "../lib/notify";
import { ProblemAlert } from "./problem-alert";

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
  const [typed, setTyped] = useState("");
  const deletion = useDeleteTenant(name);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (typed === name) deletion.mutate(undefined, { onSuccess: onDeleted });
  };

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Text size="sm">
          Nobody reaches its site, documents, files and accounts any more. Until its time of grace is over it can be had
          back with <Code>backpack tenant undelete {name}</Code>; then it is gone for good.
        </Text>
        <TextInput
          label={
            <>
              Type <Code>{name}</Code> to confirm
            </>
          }
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value.trim())}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus
          data-testid="confirm-name"
        />
        {deletion.error && <ProblemAlert error={deletion.error} />}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            color="red"
            disabled={typed !== name}
            loading={deletion.isPending}
            data-testid="confirm-delete"
          >
            Delete
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
