import type { Operation } from "../api/types";

export function hasEnded({ status }: Pick<Operation, "status">): boolean {
  return status !== "running" && status !== "undoing";
}

const STATES: Record<Operation["status"], string> = {
  running: "Under way",
  undoing: "What was done is taken back",
  done: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** Where an operation is: "Under way: copy the data". */
export function stateInWords({ status, kind, step }: Operation): string {
  if (status !== "running" || step === null) return STATES[status];
  const words = stepInWords(kind, step);
  return `${STATES[status]}: ${words.charAt(0).toLowerCase()}${words.slice(1)}`;
}

/** What the steps of all kinds of operations do. */
const STEPS: Record<string, string> = {
  copy: "Copy the data",
  build: "Build the other state",
  "hand over": "Fill the database",
  record: "Register it",
  switch: "Switch to it",
  keep: "Keep it",
  restore: "Restore it for trial",
  count: "Count what came back",
  check: "Check the definitions",
  canary: "Change the first tenant",
  others: "Change the others",
  prune: "Remove what is not defined",
  tidy: "Clean up",
};

/** The same where a kind means something else by it. */
const STEPS_OF: Record<string, Record<string, string>> = {
  clone: { record: "Register the new tenant" },
  import: { copy: "Read the archive", record: "Register the new tenant" },
  move: { copy: "Copy to the other engine" },
  restore: { keep: "Keep what it is until now" },
};

export function stepInWords(kind: string, step: string): string {
  return STEPS_OF[kind]?.[step] ?? STEPS[step] ?? step;
}

/** The name of another tenant that an operation has made, or null. */
export function madeTenant(operation: Operation): string | null {
  return operation.status === "done" ? otherTenant(operation) : null;
}

/** The name of another tenant that an operation makes, or null. */
function otherTenant({ tenant, makes }: Operation): string | null {
  return makes === tenant ? null : makes;
}

export type StepState = "done" | "now" | "failed" | "open";

/** Where each step of an operation is. */
export function stepStates({ status, step, steps, error }: Operation): { step: string; state: StepState }[] {
  const at = step === null ? steps.length : steps.indexOf(step);
  return steps.map((name, index) => {
    if (index < at) return { step: name, state: "done" };
    if (index > at) return { step: name, state: "open" };
    if (status === "running") return { step: name, state: "now" };
    return { step: name, state: error === null ? "open" : "failed" };
  });
}

const KINDS: Record<string, string> = {
  clone: "A clone",
  import: "An import",
  snapshot: "A snapshot",
  prove: "A proof",
  restore: "A restore",
  move: "A move",
  definitions: "A change of definitions",
};

/** What an operation is and of whom, and the tenant that it makes, where that is known. */
export function titleOf(operation: Operation): string {
  const { kind, tenant } = operation;
  const made = otherTenant(operation);
  return `${KINDS[kind] ?? `The operation ${kind}`} of ${tenant}${made === null ? "" : `: ${made}`}`;
}
