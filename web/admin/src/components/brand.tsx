import { Group, Text, ThemeIcon } from "@mantine/core";
import { IconBackpack } from "@tabler/icons-react";

/** `short`: without its word where there is little room. */
export function Brand({ short = false }: { short?: boolean }) {
  return (
    <Group gap={10} wrap="nowrap">
      <ThemeIcon size={32}>
        <IconBackpack size={20} stroke={1.75} aria-hidden />
      </ThemeIcon>
      <Text fw={650} size="lg" {...(short ? { visibleFrom: "xs" } : {})}>
        Backpack
      </Text>
    </Group>
  );
}
