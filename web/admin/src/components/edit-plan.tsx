import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { modals } from "@mantine/modals";

import { useChangePlan, useCreatePlan } from "../api/plans";
import type { Limits, Plan } from "../api/types";
import { plural } from "../lib/format";
import { LIMIT_FIELDS, limitMessages, limitProblems, readLimits, typedLimits } from "../lib/limits-form";
import { notifyDone } from "../lib/notify";
import { messagesAtFields } from "../lib/places";
import { planNameProblem } from "../lib/plan-name";
import { FormProblem } from "./form-problem";
import { LimitFields } from "./limit-fields";

const FIELDS = ["name", ...LIMIT_FIELDS];

export function openNewPlan(defaults: Limits): void {
  open("New plan", null, defaults);
}

export function openEditPlan(plan: Plan, defaults: Limits): void {
  open(`Plan ${plan.name}`, plan, defaults);
}

function open(title: string, plan: Plan | null, defaults: Limits): void {
  const modalId = modals.open({
    title,
    size: "lg",
    children: <EditPlan plan={plan} defaults={defaults} onClose={() => modals.close(modalId)} />,
  });
}

interface EditPlanProps {
  /** Null for one that is to be made. */
  plan: Plan | null;
  defaults: Limits;
  onClose: () => void;
}

function EditPlan({ plan, defaults, onClose }: EditPlanProps) {
  const create = useCreatePlan();
  const change = useChangePlan(plan?.name ?? "");
  const form = useForm({
    initialValues: { name: plan?.name ?? "", limits: typedLimits(plan?.limits ?? {}, defaults) },
    validate: ({ name, limits }) => {
      const wrong = plan === null ? planNameProblem(name) : null;
      return { ...(wrong === null ? {} : { name: wrong }), ...limitProblems(limits) };
    },
  });

  const focusFirst = (errors: object) => {
    const [first] = Object.keys(errors);
    if (first !== undefined) form.getInputNode(first)?.focus();
  };
  const submit = form.onSubmit(
    ({ name, limits: typed }) => {
      const limits = readLimits(typed);
      const then = {
        onSuccess: () => {
          onClose();
          notifyDone(plan === null ? `The plan ${name} is made.` : `The plan ${name} is changed.`);
        },
        onError: (error: Error) => {
          const errors = { ...messagesAtFields(error, FIELDS), ...limitMessages(error) };
          form.setErrors(errors);
          focusFirst(errors);
        },
      };
      if (plan === null) create.mutate({ name, limits }, then);
      else change.mutate(limits, then);
    },
    (errors) => focusFirst(errors),
  );

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="lg">
        {plan === null && (
          <TextInput
            label="Name"
            description="a to z, digits and hyphens. It cannot be changed later."
            required
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            data-autofocus
            data-testid="plan-name"
            {...form.getInputProps("name")}
          />
        )}
        <Text size="sm" c="dimmed">
          What is left empty is as the server says, which the field shows.
          {plan !== null && plan.tenants > 0 && ` Changes count at once for ${plural(plan.tenants, "tenant")}.`}
        </Text>
        <LimitFields form={form} otherwise={defaults} />
        <FormProblem error={create.error ?? change.error} fields={FIELDS} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending || change.isPending} data-testid="save-plan">
            {plan === null ? "Make plan" : "Save plan"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
