import { Button, Code, Group, Progress, Stack, Text } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";

import { ApiError } from "../api/http";
import { useCancelOperation, useOperation } from "../api/operations";
import type { Operation, OperationProblem } from "../api/types";
import { hasEnded, stateInWords } from "../lib/operation";
import { notifyProblem } from "../lib/notify";
import { OperationSteps } from "./operation-steps";
import classes from "./operation-progress.module.css";
import { ProblemAlert } from "./problem-alert";

interface OperationProgressProps {
  begun: Operation;
  onClose: () => void;
  /** What came of it, when it is done. */
  children?: (result: Record<string, unknown>) => ReactNode;
}

/** Long work as it goes on, and how it ended. It does not need anybody to look. */
export function OperationProgress({ begun, onClose, children }: OperationProgressProps) {
  const { data: operation, error, refetch } = useOperation(begun);
  const ended = hasEnded(operation);
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
      {operation.status === "done" && children?.(operation.result ?? {})}
      {!ended && (
        <Text size="sm" c="dimmed">
          It goes on when this is closed; the page of its tenant shows it.
        </Text>
      )}
      <Group justify="flex-end" gap="sm">
        {!ended && <CancelOperation operation={operation} />}
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

function CancelOperation({ operation: { id, status } }: { operation: Operation }) {
  const cancel = useCancelOperation(id);
  return (
    <Button
      variant="default"
      disabled={status === "undoing" || cancel.isSuccess}
      loading={cancel.isPending}
      onClick={() => cancel.mutate(undefined, { onError: notifyProblem })}
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
