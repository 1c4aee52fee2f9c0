import { Text } from "@mantine/core";

import { useStatus } from "../api/queries";
import { slugProblem } from "../lib/slug";
import { tenantUrl } from "../lib/tenant-url";

/** Where a tenant will be whose name is being typed. */
export function TenantAddress({ name }: { name: string }) {
  const { data: status } = useStatus();
  if (!status) return null;
  return (
    <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
      Address: {tenantUrl(slugProblem(name) === null ? name : "name", status)}
    </Text>
  );
}
