import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import { Link } from "react-router";

import { ApiError } from "../api/http";
import { useDeletePlan } from "../api/plans";
import { notifyDone } from "../lib/notify";
import { tenantsOfPlan } from "../lib/paths";
import { ProblemAlert } from "./problem-alert";

export function openDeletePlan(name: string): void {
  const modalId = modals.open({
    title: `Delete the plan ${name}`,
    children: <DeletePlan name={name} onClose={() => modals.close(modalId)} />,
  });
}

/** Nothing has to be typed: a plan that a tenant has cannot be deleted, so nobody loses anything by it. */
function DeletePlan({ name, onClose }: { name: string; onClose: () => void }) {
  const deletion = useDeletePlan(name);
  const remove = () => {
    deletion.mutate(undefined, {
      onSuccess: () => {
        onClose();
        notifyDone(`The plan ${name} is deleted.`);
      },
    });
  };

  const inUse = deletion.error instanceof ApiError && deletion.error.problem.status === 409;

  return (
    <Stack gap="md">
      <Text size="sm">Only a plan that no tenant has can be deleted.</Text>
      {deletion.error && <ProblemAlert error={deletion.error} />}
      {inUse && (
        <Anchor component={Link} to={tenantsOfPlan(name)} size="sm" onClick={onClose} data-testid="tenants-of-plan">
          See the tenants that have it
        </Anchor>
      )}
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button color="red" onClick={remove} loading={deletion.isPending} data-testid="confirm-delete-plan">
          Delete
        </Button>
      </Group>
    </Stack>
  );
}
