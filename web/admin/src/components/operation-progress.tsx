import { Button, Code, Group, Progress, Stack, Text } from "@mantine/core";
import { type RefObject, useEffect, useRef } from "react";

import { ApiError } from "../api/http";
import { useCancelOperation, useOperation } from "../api/operations";
import type { Operation, OperationProblem } from "../api/types";
import { hasEnded, madeTenant, stateInWords } from "../lib/operation";
import { notifyProblem } from "../lib/notify";
import { MadeTenant } from "./made-tenant";
import { OperationSteps } from "./operation-steps";
import classes from "./operation-progress.module.css";
import { ProblemAlert } from "./problem-alert";

interface OperationProgressProps {
  begun: Operation;
  onClose: () => void;
}

/** Long work as it goes on, and how it ended. It does not need anybody to look. */
export function OperationProgress({ begun, onClose }: OperationProgressProps) {
  const { data: operation, error, refetch } = useOperation(begun);
  const ended = hasEnded(operation);
  const made = madeTenant(operation);
  const frame = useFocus();

  return (
    <Stack
      gap="md"
      ref={frame}
      tabIndex={-1}
      style={{ outline: "none" }}
      data-testid="operation"
      data-status={operation.status}
    >
      <Stack gap={6}>
        <Group justify="space-between" gap="sm">
          <Text size="sm" fw={600} role="status">
            {stateInWords(operation)}
          </Text>
          <Text size="sm" c="dimmed" style={{ fontVariantNumeric: "tabular-nums" }}>
            {operation.percent}%
          </Text>
        </Group>
        <Progress value={operation.percent} color={COLORS[operation.status]} aria-label="How much is done" />
      </Stack>
      <OperationSteps operation={operation} />
      {operation.lines.length > 0 && (
        <Code block className={classes.output} tabIndex={0} role="log" aria-label="Output">
          {operation.lines.map(([number, , text]) => (
            <div key={number}>{text}</div>
          ))}
        </Code>
      )}
      {operation.error && ended && <ProblemAlert error={failure(operation.error)} />}
      {error && !ended && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      {made !== null && <MadeTenant name={made} onClose={onClose} />}
      {!ended && (
        <Text size="sm" c="dimmed">
          It goes on when this is closed; the page of its tenant shows it.
        </Text>
      )}
      <Group justify="flex-end" gap="sm">
        {!ended && <CancelOperation operation={operation} frame={frame} />}
        <Button variant="default" onClick={onClose} data-testid="close-operation">
          Close
        </Button>
      </Group>
    </Stack>
  );
}

/** The form that began it is gone, and the focus must not go with it. */
function useFocus() {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => element.current?.focus(), []);
  return element;
}

const COLORS: Record<Operation["status"], string> = {
  running: "var(--backpack-fine)",
  undoing: "var(--backpack-near)",
  done: "var(--backpack-fine)",
  failed: "var(--backpack-bad)",
  cancelled: "gray",
};

interface CancelOperationProps {
  operation: Operation;
  /** Gets the focus of the button, which goes when it is pressed. */
  frame: RefObject<HTMLElement | null>;
}

function CancelOperation({ operation: { id, status, cancelling }, frame }: CancelOperationProps) {
  const cancel = useCancelOperation(id);
  if (status === "undoing") return null;
  if (cancelling || cancel.isSuccess) {
    return (
      <Text size="sm" c="dimmed" aria-live="polite" data-testid="cancel-asked">
        It is asked to end…
      </Text>
    );
  }
  return (
    <Button
      variant="default"
      loading={cancel.isPending}
      onClick={() => cancel.mutate(undefined, { onSuccess: () => frame.current?.focus(), onError: notifyProblem })}
      data-testid="cancel-operation"
    >
      Cancel it
    </Button>
  );
}

/** The problem of an operation as one of a request. */
function failure({ code, detail, hint, errors }: OperationProblem): ApiError {
  return new ApiError({
    code,
    title: "It failed, and what was done is taken back",
    status: 0,
    ...(detail ? { detail } : {}),
    ...(hint ? { hint } : {}),
    ...(errors ? { errors } : {}),
  });
}
