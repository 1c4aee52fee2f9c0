import { Button, CopyButton, DataList, Group } from "@mantine/core";
import { IconCheck, IconCopy, IconExternalLink } from "@tabler/icons-react";

import type { TenantDetails } from "../api/types";
import { ExternalLink } from "./external-link";
import { Moment } from "./moment";
import { Section } from "./section";

/** Where a tenant is, and since when. */
export function AboutTenant({ tenant: { url, mode, createdAt } }: { tenant: TenantDetails }) {
  return (
    <Section title="About">
      <DataList>
        <DataList.Item>
          <DataList.ItemLabel>Address</DataList.ItemLabel>
          <DataList.ItemValue>
            <ExternalLink href={url} size="sm" />
          </DataList.ItemValue>
        </DataList.Item>
        <DataList.Item>
          <DataList.ItemLabel>Mode</DataList.ItemLabel>
          <DataList.ItemValue tt="capitalize">{mode}</DataList.ItemValue>
        </DataList.Item>
        <DataList.Item>
          <DataList.ItemLabel>Created</DataList.ItemLabel>
          <DataList.ItemValue>
            <Moment at={createdAt} />
          </DataList.ItemValue>
        </DataList.Item>
      </DataList>
      <Group gap="sm">
        <Button
          component="a"
          href={url}
          target="_blank"
          rel="noreferrer"
          variant="default"
          leftSection={<IconExternalLink size={18} aria-hidden />}
          data-testid="open-tenant"
        >
          Open
        </Button>
        <CopyAddress url={url} />
      </Group>
    </Section>
  );
}

/** Browsers offer the clipboard over HTTPS and on localhost only. */
function CopyAddress({ url }: { url: string }) {
  if (!window.isSecureContext) return null;
  return (
    <CopyButton value={url}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          leftSection={copied ? <IconCheck size={18} aria-hidden /> : <IconCopy size={18} aria-hidden />}
          onClick={copy}
          data-testid="copy-address"
        >
          {copied ? "Copied" : "Copy the address"}
        </Button>
      )}
    </CopyButton>
  );
}
