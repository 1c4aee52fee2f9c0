import { Paper, SimpleGrid, Text } from "@mantine/core";

import type { Usage } from "../api/types";
import { formatBytes, formatCount } from "../lib/format";

export function UsageNumbers({ usage }: { usage: Usage }) {
  const numbers = [
    { label: "Documents", value: formatCount(usage.documents) },
    { label: "Database", value: formatBytes(usage.databaseBytes) },
    { label: "Files", value: formatCount(usage.files) },
    { label: "File storage", value: formatBytes(usage.fileBytes) },
  ];
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="md">
      {numbers.map(({ label, value }) => (
        <Paper key={label} p="md">
          <Text size="sm" c="dimmed">
            {label}
          </Text>
          <Text size="xl" fw={600}>
            {value}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  );
}
