import { Button, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

import { ProblemAlert } from "./problem-alert";

interface ConfirmProps {
  /** What happens. */
  children: ReactNode;
  /** The word on the button. */
  action: string;
  color?: string;
  onConfirm: () => void;
  onClose: () => void;
  pending: boolean;
  error: Error | null;
  testId: string;
}

/** For what is taken back with one click, or harms nobody. */
export function Confirm({ children, action, color, onConfirm, onClose, pending, error, testId }: ConfirmProps) {
  return (
    <Stack gap="md">
      <Text size="sm">{children}</Text>
      {error && <ProblemAlert error={error} />}
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button {...(color === undefined ? {} : { color })} onClick={onConfirm} loading={pending} data-testid={testId}>
          {action}
        </Button>
      </Group>
    </Stack>
  );
}
