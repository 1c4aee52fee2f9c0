import { Anchor, Stack, Text } from "@mantine/core";
import { Link } from "react-router";

import { tenantPage } from "../lib/paths";
import { FirstKey } from "./first-key";

interface MadeTenantProps {
  name: string;
  /** Closes the dialog that this is in. */
  onClose: () => void;
}

/** A tenant that an operation has made. It has no API key yet; one is made when somebody wants it. */
export function MadeTenant({ name, onClose }: MadeTenantProps) {
  return (
    <Stack gap="sm">
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        Go on to{" "}
        <Anchor component={Link} to={tenantPage(name)} size="sm" fw={600} onClick={onClose} data-testid="made-tenant">
          {name}
        </Anchor>
        . It has no API key yet.
      </Text>
      <FirstKey name={name} onMade={onClose} />
    </Stack>
  );
}
