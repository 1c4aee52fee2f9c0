import { Button, Stack } from "@mantine/core";
import { useNavigate } from "react-router";

import { useStatus } from "../api/queries";
import type { TenantDetails } from "../api/types";
import { afterDeletion } from "../lib/grace";
import { tenantPage } from "../lib/paths";
import { ActionRow } from "./action-row";
import { openCloneTenant } from "./clone-tenant";
import { openDeleteTenant } from "./delete-tenant";
import { openRenameTenant } from "./rename-tenant";
import { Section } from "./section";
import { openSuspendTenant } from "./suspend-tenant";

/** What can be done with a whole tenant. One that is suspended is resumed at the top of its page. */
export function TenantLife({ tenant }: { tenant: TenantDetails }) {
  const { name, status, previewOf } = tenant;
  return (
    <Section title="Life">
      <Stack gap="lg">
        {status !== "suspended" && (
          <ActionRow
            title="Suspend"
            action={
              <Button variant="default" onClick={() => openSuspendTenant(name)} data-testid="suspend-tenant">
                Suspend
              </Button>
            }
          >
            Nobody is served until it is resumed. Nothing is lost.
          </ActionRow>
        )}
        <Rename name={name} previewOf={previewOf} />
        <ActionRow
          title="Clone"
          action={
            <Button variant="default" onClick={() => openCloneTenant(name)} data-testid="clone-tenant">
              Clone
            </Button>
          }
        >
          Another tenant with the same data, accounts, files, site and settings.
        </ActionRow>
        <Delete tenant={tenant} />
      </Stack>
    </Section>
  );
}

function Rename({ name, previewOf }: Pick<TenantDetails, "name" | "previewOf">) {
  const navigate = useNavigate();
  if (previewOf !== null) {
    return <ActionRow title="Rename">It is a preview: its name comes from that of its tenant, {previewOf}.</ActionRow>;
  }
  return (
    <ActionRow
      title="Rename"
      action={
        <Button
          variant="default"
          onClick={() => openRenameTenant(name, (to) => void navigate(tenantPage(to), { replace: true }))}
          data-testid="rename-tenant"
        >
          Rename
        </Button>
      }
    >
      Another name and address. The old one leads there for a time.
    </ActionRow>
  );
}

function Delete({ tenant }: { tenant: TenantDetails }) {
  const navigate = useNavigate();
  const { data: status } = useStatus();
  return (
    <ActionRow
      title="Delete"
      action={
        <Button
          color="red"
          variant="light"
          onClick={() => openDeleteTenant(tenant, () => void navigate("/"))}
          data-testid="delete-tenant"
        >
          Delete
        </Button>
      }
    >
      Nobody reaches it any more. {status && afterDeletion(status.days, tenant.previewOf !== null)}
    </ActionRow>
  );
}
