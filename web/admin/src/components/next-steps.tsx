import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

import type { Tenant } from "../api/types";
import { Copyable } from "./copyable";

/** How to use a tenant from a frontend. */
export function NextSteps({ tenant }: { tenant: Pick<Tenant, "name" | "url"> }) {
  const sdk = new URL("/backpack.js", tenant.url).href;
  return (
    <Stack gap="md">
      <Step label="Use it in a page, without a build step:">
        <Copyable what="import" text={`import backpack from "${sdk}"`} />
      </Step>
      <Step label="Publish a folder as its site:">
        <Copyable what="command" text={`backpack deploy DIR --tenant ${tenant.name}`} />
      </Step>
    </Stack>
  );
}

function Step({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Stack gap={6}>
      <Text size="sm">{label}</Text>
      {children}
    </Stack>
  );
}
