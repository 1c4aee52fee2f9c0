import { Button, Group, Stack } from "@mantine/core";
import { type SubmitEvent, useRef, useState } from "react";

import { useChangeTenant } from "../api/queries";
import type { Plan, TenantDetails } from "../api/types";
import { notifyDone } from "../lib/notify";
import { messagesAtFields } from "../lib/places";
import { FormProblem } from "./form-problem";
import { PlanSelect } from "./plan-select";

const FIELDS = ["plan"];

/** Choosing and giving are two steps: a plan counts at once, and arrow keys go through all of them. */
export function TenantPlan({ tenant: { name, plan }, plans }: { tenant: TenantDetails; plans: readonly Plan[] }) {
  /** Undefined until somebody chooses, so that a plan that was given elsewhere shows. */
  const [choice, setChoice] = useState<string | null>();
  const select = useRef<HTMLSelectElement>(null);
  const change = useChangeTenant(name);
  const chosen = choice === undefined ? plan : choice;

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    change.mutate(
      { plan: chosen },
      {
        onSuccess: () => {
          setChoice(undefined);
          // The button is disabled now, and the focus must not be lost with it.
          select.current?.focus();
          notifyDone(chosen === null ? `${name} has no plan now.` : `${name} has the plan ${chosen} now.`);
        },
      },
    );
  };

  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Group gap="sm" align="flex-end">
          <PlanSelect
            ref={select}
            plans={plans}
            value={chosen}
            onChange={(next) => {
              change.reset();
              setChoice(next);
            }}
            error={change.error && messagesAtFields(change.error, FIELDS)["plan"]}
            miw={200}
            data-testid="tenant-plan"
          />
          <Button
            type="submit"
            variant="default"
            disabled={chosen === plan}
            loading={change.isPending}
            data-testid="give-plan"
          >
            {chosen === null && plan !== null ? "Take its plan away" : "Give it this plan"}
          </Button>
        </Group>
        <FormProblem error={change.error} fields={FIELDS} />
      </Stack>
    </form>
  );
}
