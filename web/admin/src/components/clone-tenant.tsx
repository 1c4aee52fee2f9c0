import { Button, Checkbox, Group, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { modals } from "@mantine/modals";

import { useClone } from "../api/life";
import type { Snapshot } from "../api/types";
import { formatMoment } from "../lib/format";
import { titleOf } from "../lib/operation";
import { messagesAtName } from "../lib/places";
import { slugProblem, slugProblemWhileTyping } from "../lib/slug";
import { FormProblem } from "./form-problem";
import { NameInput } from "./name-input";
import { OperationProgress } from "./operation-progress";
import { TenantAddress } from "./tenant-address";

/** Of the tenant as it is, or of a snapshot of it. */
export function openCloneTenant(name: string, snapshot?: Snapshot): void {
  const modalId = modals.open({
    title: snapshot ? "New tenant of a snapshot" : `Clone ${name}`,
    children: (
      <CloneTenant
        name={name}
        {...(snapshot ? { snapshot } : {})}
        onBegun={(title) => modals.updateModal({ modalId, title })}
        onClose={() => modals.close(modalId)}
      />
    ),
  });
}

interface CloneTenantProps {
  name: string;
  snapshot?: Snapshot;
  /** Gets another title for the dialog. */
  onBegun: (title: string) => void;
  onClose: () => void;
}

function CloneTenant({ name, snapshot, onBegun, onClose }: CloneTenantProps) {
  const clone = useClone(name);
  const form = useForm({ initialValues: { name: "", files: true }, validate: { name: slugProblem } });

  const submit = form.onSubmit(({ name: as, files }) => {
    clone.mutate(
      { as, files, ...(snapshot ? { snapshot: snapshot.id } : {}) },
      {
        onSuccess: (begun) => onBegun(titleOf(begun)),
        onError: (error) => form.setErrors(messagesAtName(error, "as")),
      },
    );
  });

  if (clone.data) return <OperationProgress begun={clone.data} onClose={onClose} />;

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Text size="sm">
          Another tenant with the data, accounts, site and settings of {name}
          {snapshot ? `, as they were on ${formatMoment(new Date(snapshot.createdAt))}` : ""}. API keys and sessions
          stay behind.
        </Text>
        <NameInput
          data-autofocus
          data-testid="clone-name"
          {...form.getInputProps("name")}
          error={form.errors["name"] ?? slugProblemWhileTyping(form.values.name)}
        />
        <TenantAddress name={form.values.name} />
        <Checkbox
          label="Take over uploaded files"
          description="They take no room until they differ."
          data-testid="clone-files"
          {...form.getInputProps("files", { type: "checkbox" })}
        />
        <FormProblem error={clone.error} fields={["as", "name"]} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={clone.isPending} data-testid="confirm-clone">
            {snapshot ? "Make tenant" : "Clone"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
