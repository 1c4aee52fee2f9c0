import { Badge } from "@mantine/core";

/** Tells a preview from a tenant of its own. */
export function PreviewBadge() {
  return (
    <Badge variant="light" color="gray" tt="none" fw={500} miw="max-content" data-testid="preview">
      Preview
    </Badge>
  );
}
