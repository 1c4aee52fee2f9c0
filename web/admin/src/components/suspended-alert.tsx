import { Alert, Button, Group, Text } from "@mantine/core";
import { IconPlayerPause } from "@tabler/icons-react";

import { openResumeTenant } from "./suspend-tenant";

/** Says that a tenant is suspended, and ends it. */
export function SuspendedAlert({ name }: { name: string }) {
  return (
    <Alert
      color="yellow"
      icon={<IconPlayerPause aria-hidden />}
      title="Suspended: nobody is served until it is resumed."
      data-testid="suspended"
    >
      <Group justify="space-between" gap="sm">
        <Text size="sm">Its API and its site answer everybody with 503. All its data is there.</Text>
        <Button onClick={() => openResumeTenant(name)} data-testid="resume-tenant">
          Resume
        </Button>
      </Group>
    </Alert>
  );
}
