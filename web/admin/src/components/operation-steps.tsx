import { Text, VisuallyHidden } from "@mantine/core";
import { IconCircle, IconCircleCheckFilled, IconCircleDot, IconCircleXFilled } from "@tabler/icons-react";

import type { Operation } from "../api/types";
import { type StepState, stepInWords, stepStates } from "../lib/operation";
import classes from "./operation-steps.module.css";

const ICONS = { done: IconCircleCheckFilled, now: IconCircleDot, failed: IconCircleXFilled, open: IconCircle };

const WORDS: Record<StepState, string> = { done: "done", now: "under way", failed: "failed", open: "to come" };

/** The steps of an operation, and where each of them is. */
export function OperationSteps({ operation }: { operation: Operation }) {
  return (
    <ol className={classes.steps}>
      {stepStates(operation).map(({ step, state }) => {
        const Icon = ICONS[state];
        return (
          <li key={step} className={classes.step} data-state={state}>
            <Icon size={16} className={classes.mark} aria-hidden />
            <Text span size="sm">
              {stepInWords(operation.kind, step)}
              <VisuallyHidden>: {WORDS[state]}</VisuallyHidden>
            </Text>
          </li>
        );
      })}
    </ol>
  );
}
