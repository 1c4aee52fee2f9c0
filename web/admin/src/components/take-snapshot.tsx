import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { modals } from "@mantine/modals";

import { useTakeSnapshot } from "../api/snapshots";
import { messagesAtFields } from "../lib/places";
import { FormProblem } from "./form-problem";
import { OperationProgress } from "./operation-progress";

const FIELDS = ["note"];
const LONGEST_NOTE = 200;

export function openTakeSnapshot(name: string): void {
  const modalId = modals.open({
    title: `Take a snapshot of ${name}`,
    children: <TakeSnapshot name={name} onClose={() => modals.close(modalId)} />,
  });
}

function TakeSnapshot({ name, onClose }: { name: string; onClose: () => void }) {
  const take = useTakeSnapshot(name);
  const form = useForm({ initialValues: { note: "" } });

  const submit = form.onSubmit(({ note }) => {
    take.mutate(note.trim(), { onError: (error) => form.setErrors(messagesAtFields(error, FIELDS)) });
  });

  if (take.data) return <OperationProgress begun={take.data} onClose={onClose} />;

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Text size="sm">
          It is taken while the tenant is used, and is of one moment. What another snapshot has already takes no room
          again. It stays until it is forgotten.
        </Text>
        <TextInput
          label="Note"
          description="If you like: why it is taken."
          maxLength={LONGEST_NOTE}
          autoComplete="off"
          data-autofocus
          data-testid="snapshot-note"
          {...form.getInputProps("note")}
        />
        <FormProblem error={take.error} fields={FIELDS} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={take.isPending} data-testid="confirm-snapshot">
            Take it
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
