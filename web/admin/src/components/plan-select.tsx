import { NativeSelect, type NativeSelectProps } from "@mantine/core";
import type { Ref } from "react";

import type { Plan } from "../api/types";

interface PlanSelectProps extends Omit<NativeSelectProps, "data" | "value" | "onChange"> {
  ref?: Ref<HTMLSelectElement>;
  plans: readonly Plan[];
  value: string | null;
  onChange: (plan: string | null) => void;
}

/** A plan or none. No plan's name is empty, so the empty one is free to stand for none. */
export function PlanSelect({ plans, value, onChange, ...props }: PlanSelectProps) {
  const names = plans.map((plan) => plan.name);
  // One that was just removed, or whose list is old, is still what the tenant has.
  if (value !== null && !names.includes(value)) names.push(value);
  return (
    <NativeSelect
      label="Plan"
      data={[{ value: "", label: "No plan" }, ...names]}
      value={value ?? ""}
      onChange={(event) => onChange(event.currentTarget.value || null)}
      {...props}
    />
  );
}
