import { Alert, Button, Code, List, Stack, Text } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";

import { ApiError } from "../api/http";
import type { Problem } from "../api/types";
import { inLocalTime } from "../lib/local-time";

interface ProblemAlertProps {
  error: Error;
  onRetry?: () => void;
}

/** A failed request with all that helps to go on: what happened, where, what to do, what to quote to an operator. */
export function ProblemAlert({ error, onRetry }: ProblemAlertProps) {
  const problem: Pick<Problem, "title" | "detail" | "errors" | "hint" | "requestId"> =
    error instanceof ApiError ? error.problem : { title: "Something went wrong in the panel", detail: error.message };
  const places = problem.errors ?? [];

  return (
    <Alert color="red" title={problem.title} icon={<IconAlertCircle aria-hidden />}>
      <Stack gap="xs" align="flex-start">
        {problem.detail !== undefined && problem.detail !== problem.title && <Text size="sm">{inLocalTime(problem.detail)}</Text>}
        {places.length > 0 && (
          <List size="sm">
            {places.map(({ path, message }) => (
              <List.Item key={`${path} ${message}`}>
                <Code>{path}</Code> {message}
              </List.Item>
            ))}
          </List>
        )}
        {problem.hint !== undefined && <Text size="sm">{inLocalTime(problem.hint)}</Text>}
        {problem.requestId !== undefined && (
          <Text size="xs" c="dimmed">
            Request id: <Code>{problem.requestId}</Code>
          </Text>
        )}
        {onRetry && (
          <Button variant="default" size="xs" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
