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

/** Where an operation is: "Under way: copy". */
export function stateInWords({ status, step }: Operation): string {
  return status === "running" && step !== null ? `${STATES[status]}: ${step}` : STATES[status];
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

/** As the beginning of a sentence. */
export function kindInWords(kind: string): string {
  return KINDS[kind] ?? `The operation ${kind}`;
}
