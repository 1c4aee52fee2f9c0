import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { modals } from "@mantine/modals";

import { usePlans } from "../api/plans";
import { useCreateTenant, useStatus } from "../api/queries";
import { messagesAtFields } from "../lib/places";
import { slugProblem, slugProblemWhileTyping } from "../lib/slug";
import { tenantUrl } from "../lib/tenant-url";
import { FormProblem } from "./form-problem";
import { PlanSelect } from "./plan-select";
import { showTenantReady } from "./tenant-ready";

const FIELDS = ["name", "plan"];

export function openNewTenant(): void {
  const modalId = modals.open({ title: "New tenant", children: <NewTenant onClose={() => modals.close(modalId)} /> });
}

function NewTenant({ onClose }: { onClose: () => void }) {
  const { data: status } = useStatus();
  const { data: plans } = usePlans();
  const create = useCreateTenant();
  const form = useForm({
    initialValues: { name: "", plan: null as string | null },
    validate: { name: slugProblem },
  });
  const { name } = form.values;

  const submit = form.onSubmit((values) => {
    create.mutate(values, {
      onSuccess: (tenant) => {
        onClose();
        showTenantReady(tenant);
      },
      onError: (error) => form.setErrors(messagesAtFields(error, FIELDS)),
    });
  });

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput
          label="Name"
          description="3 to 40 characters: a to z, digits and hyphens."
          data-testid="tenant-name"
          data-autofocus
          required
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          {...form.getInputProps("name")}
          error={form.errors.name ?? slugProblemWhileTyping(name)}
        />
        {status && (
          <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            Address: {tenantUrl(slugProblem(name) === null ? name : "name", status)}
          </Text>
        )}
        {/* Where there are no plans, or they cannot be had, a tenant is made without. */}
        {plans && plans.items.length > 0 && (
          <PlanSelect
            plans={plans.items}
            description="A set of limits. It can be changed at any time."
            data-testid="new-tenant-plan"
            {...form.getInputProps("plan")}
            value={form.values.plan}
          />
        )}
        <FormProblem error={create.error} fields={FIELDS} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending} data-testid="create-tenant">
            Create tenant
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
