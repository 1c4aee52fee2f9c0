import { Button, Code, Group, Stack, TextInput } from "@mantine/core";
import { type ReactNode, type SubmitEvent, useState } from "react";

import { ProblemAlert } from "./problem-alert";

interface TypeToConfirmProps {
  /** What has to be typed. */
  name: string;
  /** What happens. */
  children: ReactNode;
  /** The word on the button. */
  action: string;
  onConfirm: () => void;
  onClose: () => void;
  pending: boolean;
  error: Error | null;
  testId: string;
}

/** For what is not easily taken back: whoever does it types the tenant’s name. */
export function TypeToConfirm({
  name,
  children,
  action,
  onConfirm,
  onClose,
  pending,
  error,
  testId,
}: TypeToConfirmProps) {
  const [typed, setTyped] = useState("");

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (typed === name) onConfirm();
  };

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {children}
        <TextInput
          label={
            <>
              Type <Code>{name}</Code> to confirm
            </>
          }
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value.trim())}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus
          data-testid="confirm-name"
        />
        {error && <ProblemAlert error={error} />}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color="red" disabled={typed !== name} loading={pending} data-testid={testId}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
