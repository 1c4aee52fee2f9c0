import { Alert, Button, Group, List, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { modals } from "@mantine/modals";

import { useRename } from "../api/life";
import { usePreviewsOf, useStatus } from "../api/queries";
import { plural } from "../lib/format";
import { formerName } from "../lib/grace";
import { messagesAtName } from "../lib/places";
import { slugProblem, slugProblemWhileTyping } from "../lib/slug";
import { notifyDone } from "../lib/notify";
import { FormProblem } from "./form-problem";
import { NameInput } from "./name-input";
import { TenantAddress } from "./tenant-address";

export function openRenameTenant(name: string, onRenamed: (to: string) => void): void {
  const modalId = modals.open({
    title: `Rename ${name}`,
    children: (
      <RenameTenant
        name={name}
        onClose={() => modals.close(modalId)}
        onRenamed={(to) => {
          modals.close(modalId);
          notifyDone(`${name} is called ${to} now.`);
          onRenamed(to);
        }}
      />
    ),
  });
}

interface RenameTenantProps {
  name: string;
  onClose: () => void;
  onRenamed: (to: string) => void;
}

function RenameTenant({ name, onClose, onRenamed }: RenameTenantProps) {
  const rename = useRename(name);
  const { data: status } = useStatus();
  const previews = usePreviewsOf(name);
  const form = useForm({ initialValues: { name: "" }, validate: { name: slugProblem } });

  const submit = form.onSubmit(({ name: to }) => {
    rename.mutate(to, {
      onSuccess: () => onRenamed(to),
      onError: (error) => form.setErrors(messagesAtName(error, "to")),
    });
  });

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {previews.length > 0 && (
          <Alert color="yellow" title={`It has ${plural(previews.length, "preview")}`} data-testid="rename-previews">
            The name of a preview comes from that of its tenant, so previews have to be deleted first.
          </Alert>
        )}
        <NameInput
          label="New name"
          data-autofocus
          data-testid="new-name"
          {...form.getInputProps("name")}
          error={form.errors["name"] ?? slugProblemWhileTyping(form.values.name)}
        />
        <TenantAddress name={form.values.name} />
        <List size="sm" spacing={6}>
          {status && <List.Item>{formerName(status.days)}</List.Item>}
          <List.Item>
            Cookies and passkeys belong to the host: users sign in again, and providers need the new address.
          </List.Item>
          <List.Item>Data and API keys stay. Sockets close and connect again.</List.Item>
        </List>
        <FormProblem error={rename.error} fields={["to", "name"]} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            disabled={previews.length > 0}
            loading={rename.isPending}
            data-testid="confirm-rename"
          >
            Rename
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
