import { Button, Group, Stack } from "@mantine/core";

import { useFirstKey } from "../api/life";
import { useStatus } from "../api/queries";
import { tenantUrl } from "../lib/tenant-url";
import { ProblemAlert } from "./problem-alert";
import { showTenantReady } from "./tenant-ready";

interface FirstKeyProps {
  name: string;
  /** Before the key is shown in a dialog of its own. */
  onMade?: () => void;
}

/** Makes the first API key of a tenant that came without one. */
export function FirstKey({ name, onMade }: FirstKeyProps) {
  const { data: status } = useStatus();
  const first = useFirstKey(name);

  const makeKey = () => {
    first.mutate(undefined, {
      onSuccess: ({ key }) => {
        onMade?.();
        if (status) showTenantReady({ name, url: tenantUrl(name, status), apiKey: key });
      },
    });
  };

  return (
    <Stack gap="sm">
      {first.error && <ProblemAlert error={first.error} />}
      <Group>
        <Button onClick={makeKey} loading={first.isPending} disabled={!status} data-testid="make-key">
          Make its first API key
        </Button>
      </Group>
    </Stack>
  );
}
