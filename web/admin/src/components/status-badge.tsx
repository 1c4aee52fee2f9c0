import { Badge } from "@mantine/core";

const COLORS: Record<string, string> = { active: "green", suspended: "yellow" };

/** The word says it; the dot's colour only helps the eye. */
export function StatusBadge({ status }: { status: string }) {
  return (
    <Badge variant="dot" color={COLORS[status] ?? "gray"} tt="capitalize" fw={500} miw="max-content">
      {status}
    </Badge>
  );
}
