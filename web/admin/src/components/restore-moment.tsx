import { Button, Group, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { modals } from "@mantine/modals";

import { useRestoreMoment } from "../api/snapshots";
import { formatMoment } from "../lib/format";
import { atLeast, fromLocalInput, momentProblem, toLocalInput } from "../lib/local-time";
import { titleOf } from "../lib/operation";
import { messagesAtFields, messagesAtName } from "../lib/places";
import { slugProblem, slugProblemWhileTyping } from "../lib/slug";
import { FormProblem } from "./form-problem";
import { NameInput } from "./name-input";
import { OperationProgress } from "./operation-progress";
import { RestoreWarning } from "./restore-warning";
import { TenantAddress } from "./tenant-address";

/** `oldest`: when the oldest snapshot was taken. No moment before it is reached. */
export function openRestoreMoment(name: string, oldest: string): void {
  const modalId = modals.open({
    title: "Back to a moment",
    children: (
      <RestoreMoment
        name={name}
        oldest={new Date(oldest)}
        onBegun={(title) => modals.updateModal({ modalId, title })}
        onClose={() => modals.close(modalId)}
      />
    ),
  });
}

interface RestoreMomentProps {
  name: string;
  oldest: Date;
  /** Gets another title for the dialog. */
  onBegun: (title: string) => void;
  onClose: () => void;
}

function RestoreMoment({ name, oldest, onBegun, onClose }: RestoreMomentProps) {
  const restore = useRestoreMoment(name);
  const earliest = atLeast(oldest);
  const form = useForm({
    initialValues: { at: "", into: "new" as "new" | "itself", name: "", typed: "" },
    validate: {
      at: (at) => momentProblem(at, earliest),
      name: (as, { into }) => (into === "new" ? slugProblem(as) : null),
      typed: (typed, { into }) => (into === "itself" && typed !== name ? "Type the tenant’s name." : null),
    },
    // What was wrong with something else says nothing any more.
    onValuesChange: (now, before) => {
      if (restore.isError) restore.reset();
      if (now.into !== before.into) form.clearErrors();
    },
  });
  const { into } = form.values;

  const submit = form.onSubmit(({ at, into, name: as }) => {
    const moment = fromLocalInput(at);
    if (moment === null) return;
    restore.mutate(
      { at: moment.toISOString(), ...(into === "new" ? { as } : {}) },
      {
        onSuccess: (begun) => onBegun(titleOf(begun)),
        onError: (error) =>
          form.setErrors({ ...messagesAtFields(error, ["at"]), ...messagesAtName(error, "as") }),
      },
    );
  });

  if (restore.data) return <OperationProgress begun={restore.data} onClose={onClose} />;

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Text size="sm">
          What {name} was at any moment since its oldest snapshot, as far as the change log knows what came after.
        </Text>
        <TextInput
          type="datetime-local"
          step={1}
          min={toLocalInput(earliest)}
          max={toLocalInput(new Date())}
          label="Moment"
          description={`From ${formatMoment(earliest)} until now, in the time of this computer.`}
          required
          data-autofocus
          data-testid="moment-at"
          {...form.getInputProps("at")}
        />
        <Radio.Group label="What gets that state" {...form.getInputProps("into")}>
          <Stack gap="xs" mt={6}>
            <Radio
              value="new"
              label="A new tenant"
              description={`To look first, and take over what is needed. ${name} stays as it is.`}
              data-testid="moment-as-new"
            />
            <Radio value="itself" label={`${name} itself`} data-testid="moment-in-place" />
          </Stack>
        </Radio.Group>
        {into === "new" ? (
          <>
            <NameInput
              data-testid="moment-name"
              {...form.getInputProps("name")}
              error={form.errors["name"] ?? slugProblemWhileTyping(form.values.name)}
            />
            <TenantAddress name={form.values.name} />
          </>
        ) : (
          <>
            <RestoreWarning />
            <NameInput
              label={`Type ${name} to confirm`}
              description={null}
              data-testid="confirm-name"
              {...form.getInputProps("typed")}
            />
          </>
        )}
        <FormProblem error={restore.error} fields={["at", "as", "name"]} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            {...(into === "itself" ? { color: "red" } : {})}
            loading={restore.isPending}
            data-testid="confirm-moment"
          >
            {into === "new" ? "Make tenant" : "Restore"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
