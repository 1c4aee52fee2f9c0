import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { Link } from "react-router";

import { useFirstKey } from "../api/life";
import { useStatus } from "../api/queries";
import { tenantPage } from "../lib/paths";
import { tenantUrl } from "../lib/tenant-url";
import { ProblemAlert } from "./problem-alert";
import { showTenantReady } from "./tenant-ready";

interface MadeTenantProps {
  name: string;
  /** Closes the dialog that this is in. */
  onClose: () => void;
}

/** A tenant that an operation has made. It has no API key yet; one is made when somebody wants it. */
export function MadeTenant({ name, onClose }: MadeTenantProps) {
  const { data: status } = useStatus();
  const first = useFirstKey(name);

  const makeKey = () => {
    first.mutate(undefined, {
      onSuccess: ({ key }) => {
        onClose();
        if (status) showTenantReady({ name, url: tenantUrl(name, status), apiKey: key });
      },
    });
  };

  return (
    <Stack gap="sm">
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        Go on to{" "}
        <Anchor component={Link} to={tenantPage(name)} size="sm" fw={600} onClick={onClose} data-testid="made-tenant">
          {name}
        </Anchor>
        . It has no API key yet.
      </Text>
      {first.error && <ProblemAlert error={first.error} />}
      <Group>
        <Button onClick={makeKey} loading={first.isPending} disabled={!status} data-testid="make-key">
          Make its first API key
        </Button>
      </Group>
    </Stack>
  );
}
