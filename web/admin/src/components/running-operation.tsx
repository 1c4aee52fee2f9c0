import { Alert, Button, Group, Text } from "@mantine/core";

import { useOperation, useRunningOperation } from "../api/operations";
import type { Operation } from "../api/types";
import { hasEnded, stateInWords, titleOf } from "../lib/operation";
import { showOperation } from "./show-operation";

/** Says that long work is under way on a tenant; nothing when there is none. */
export function RunningOperation({ name }: { name: string }) {
  const { data: running } = useRunningOperation(name);
  return running ? <Notice key={running.id} begun={running} /> : null;
}

function Notice({ begun }: { begun: Operation }) {
  const { data: operation } = useOperation(begun);
  if (hasEnded(operation)) return null;
  return (
    <Alert title={titleOf(operation)} data-testid="running-operation">
      <Group justify="space-between" gap="sm">
        <Text size="sm" style={{ fontVariantNumeric: "tabular-nums" }}>
          {stateInWords(operation)}, {operation.percent}%. Nothing else can be begun until it has ended.
        </Text>
        <Button variant="default" size="xs" onClick={() => showOperation(operation)} data-testid="see-operation">
          See it
        </Button>
      </Group>
    </Alert>
  );
}
