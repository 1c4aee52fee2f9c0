import { Button, Group, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { modals } from "@mantine/modals";

import { useTemplates } from "../api/life";
import { usePlans } from "../api/plans";
import { useCreateTenant } from "../api/queries";
import { messagesAtFields } from "../lib/places";
import { slugProblem, slugProblemWhileTyping } from "../lib/slug";
import { FormProblem } from "./form-problem";
import { NameInput } from "./name-input";
import { PlanSelect } from "./plan-select";
import { TemplateSelect } from "./template-select";
import { TenantAddress } from "./tenant-address";
import { showTenantReady } from "./tenant-ready";

const FIELDS = ["name", "plan", "template"];

export function openNewTenant(): void {
  const modalId = modals.open({ title: "New tenant", children: <NewTenant onClose={() => modals.close(modalId)} /> });
}

function NewTenant({ onClose }: { onClose: () => void }) {
  const { data: templates } = useTemplates();
  const { data: plans } = usePlans();
  const create = useCreateTenant();
  const form = useForm({
    initialValues: { name: "", plan: null as string | null, template: null as string | null },
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
        <NameInput
          data-testid="tenant-name"
          data-autofocus
          {...form.getInputProps("name")}
          error={form.errors["name"] ?? slugProblemWhileTyping(name)}
        />
        <TenantAddress name={name} />
        {/* Where there are none, or they cannot be had, a tenant is made without. */}
        {templates && templates.length > 0 && (
          <TemplateSelect
            templates={templates}
            data-testid="new-tenant-template"
            {...form.getInputProps("template")}
            value={form.values.template}
          />
        )}
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
