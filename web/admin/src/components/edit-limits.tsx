import { Button, Group, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { modals } from "@mantine/modals";

import { useChangeTenant } from "../api/queries";
import type { Limits, TenantDetails } from "../api/types";
import { changedLimits, LIMIT_FIELDS, limitMessages, limitProblems, typedLimits } from "../lib/limits-form";
import { notifyDone } from "../lib/notify";
import { FormProblem } from "./form-problem";
import { LimitFields } from "./limit-fields";

/** `otherwise` is what counts where the tenant has no limit of its own. */
export function openEditLimits(tenant: TenantDetails, otherwise: Limits): void {
  const modalId = modals.open({
    title: `Own limits of ${tenant.name}`,
    size: "lg",
    children: <EditLimits tenant={tenant} otherwise={otherwise} onClose={() => modals.close(modalId)} />,
  });
}

interface EditLimitsProps {
  tenant: TenantDetails;
  otherwise: Limits;
  onClose: () => void;
}

function EditLimits({ tenant: { name, ownLimits }, otherwise, onClose }: EditLimitsProps) {
  const change = useChangeTenant(name);
  const form = useForm({
    initialValues: { limits: typedLimits(ownLimits, otherwise) },
    validate: ({ limits }) => limitProblems(limits),
  });

  const showErrors = (errors: Record<string, string>) => {
    form.setErrors(errors);
    focusFirst(Object.keys(errors));
  };
  const focusFirst = (fields: readonly string[]) => {
    if (fields[0] !== undefined) form.getInputNode(fields[0])?.focus();
  };
  const submit = form.onSubmit(
    ({ limits }) => {
      const changed = changedLimits(limits, ownLimits);
      if (Object.keys(changed).length === 0) return onClose();
      change.mutate(
        { limits: changed },
        {
          onSuccess: () => {
            onClose();
            notifyDone(`The limits of ${name} are changed.`);
          },
          onError: (error) => showErrors(limitMessages(error)),
        },
      );
    },
    (errors) => focusFirst(Object.keys(errors)),
  );

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="lg">
        <Text size="sm" c="dimmed">
          What is left empty is as its plan or the server says, which the field shows. Changes count at once; what is
          over a limit already stays.
        </Text>
        <LimitFields form={form} otherwise={otherwise} />
        <FormProblem error={change.error} fields={LIMIT_FIELDS} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={change.isPending} data-testid="save-limits">
            Save limits
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
