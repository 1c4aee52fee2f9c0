import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { modals } from "@mantine/modals";

import { usePreview } from "../api/life";
import { useStatus } from "../api/queries";
import { titleOf } from "../lib/operation";
import { messagesAtFields } from "../lib/places";
import { daysInSeconds, daysProblem, labelProblem } from "../lib/preview";
import { tenantUrl } from "../lib/tenant-url";
import { FormProblem } from "./form-problem";
import { NameInput } from "./name-input";
import { OperationProgress } from "./operation-progress";

const DAYS = "7";

/** Those of the call. */
const FIELDS = ["label", "name", "ttl"];

export function openNewPreview(name: string): void {
  const modalId = modals.open({
    title: `New preview of ${name}`,
    children: (
      <NewPreview
        name={name}
        onBegun={(title) => modals.updateModal({ modalId, title })}
        onClose={() => modals.close(modalId)}
      />
    ),
  });
}

interface NewPreviewProps {
  name: string;
  /** Gets another title for the dialog. */
  onBegun: (title: string) => void;
  onClose: () => void;
}

function NewPreview({ name, onBegun, onClose }: NewPreviewProps) {
  const { data: status } = useStatus();
  const preview = usePreview(name);
  const form = useForm({
    initialValues: { label: "", days: DAYS },
    validate: { label: labelProblem, days: daysProblem },
  });
  const { label } = form.values;

  const submit = form.onSubmit(({ label, days }) => {
    preview.mutate(
      { label, ttl: daysInSeconds(days) },
      {
        onSuccess: (begun) => onBegun(titleOf(begun)),
        onError: (error) => {
          const { label, name, ttl } = messagesAtFields(error, FIELDS);
          form.setErrors({ label: label ?? name, days: ttl });
        },
      },
    );
  });

  if (preview.data) return <OperationProgress begun={preview.data} onClose={onClose} />;

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Text size="sm">
          A clone for a time, such as for a pull request. It has the data, accounts, files, site and settings of {name},
          and goes with it.
        </Text>
        <NameInput
          label="Label"
          description="1 to 20 characters: a to z, digits and hyphens."
          placeholder="pr-12"
          data-autofocus
          data-testid="preview-label"
          {...form.getInputProps("label")}
        />
        {status && (
          <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            Address: {tenantUrl(`${name}--${labelProblem(label) === null ? label : "label"}`, status)}
          </Text>
        )}
        <TextInput
          label="Days"
          description="Then it is removed for good."
          inputMode="numeric"
          autoComplete="off"
          data-testid="preview-days"
          {...form.getInputProps("days")}
        />
        <FormProblem error={preview.error} fields={FIELDS} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={preview.isPending} data-testid="confirm-preview">
            Make preview
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
