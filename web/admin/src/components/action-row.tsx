import { Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

interface ActionRowProps {
  title: string;
  /** What comes of it. */
  children: ReactNode;
  action?: ReactNode;
}

/** Something that can be done, in words and with its button. */
export function ActionRow({ title, children, action }: ActionRowProps) {
  return (
    <Group justify="space-between" gap="sm">
      <Stack gap={2} style={{ flex: "1 1 260px", minWidth: 0 }}>
        <Text size="sm" fw={600}>
          {title}
        </Text>
        <Text size="sm" c="dimmed" component="div" style={{ overflowWrap: "anywhere" }}>
          {children}
        </Text>
      </Stack>
      {action}
    </Group>
  );
}
