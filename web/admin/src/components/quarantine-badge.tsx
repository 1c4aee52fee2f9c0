import { Badge, Tooltip } from "@mantine/core";

import type { Tenant } from "../api/types";
import { formatAgo } from "../lib/format";

/** Says that a tenant takes most of the server; nothing when it does not. */
export function QuarantineBadge({ tenant }: { tenant: Tenant }) {
  if (tenant.quarantinedSince === null) return null;
  const label =
    `It took more than half of a busy server for a minute (${formatAgo(new Date(tenant.quarantinedSince))}). Its long ` +
    "queries have a process of their own that gives way to other tenants. It is served as before, and this ends after " +
    "a calm minute.";
  return (
    <Tooltip label={label} multiline w={300} events={{ hover: true, focus: true, touch: true }}>
      <Badge variant="dot" color="orange" tt="none" fw={500} miw="max-content" tabIndex={0} data-testid="quarantine">
        Quarantine
      </Badge>
    </Tooltip>
  );
}
