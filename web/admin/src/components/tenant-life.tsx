import { Button, Stack } from "@mantine/core";
import { useNavigate } from "react-router";

import type { TenantDetails } from "../api/types";
import { tenantPage } from "../lib/paths";
import { ActionRow } from "./action-row";
import { openCloneTenant } from "./clone-tenant";
import { openNewPreview } from "./new-preview";
import { openRenameTenant } from "./rename-tenant";
import { Section } from "./section";
import { openResumeTenant, openSuspendTenant } from "./suspend-tenant";
import { TenantPreviews } from "./tenant-previews";

/** What can be done with a whole tenant, short of its end. */
export function TenantLife({ tenant: { name, status, previewOf } }: { tenant: TenantDetails }) {
  const navigate = useNavigate();
  return (
    <Section title="Life">
      <Stack gap="lg">
        {status === "suspended" ? (
          <ActionRow
            title="Resume"
            action={
              <Button onClick={() => openResumeTenant(name)} data-testid="resume-tenant">
                Resume
              </Button>
            }
          >
            It is suspended: everybody is answered with 503. All its data is there.
          </ActionRow>
        ) : (
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
        {previewOf === null && (
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
        )}
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
        {previewOf === null && (
          <ActionRow
            title="Previews"
            action={
              <Button variant="default" onClick={() => openNewPreview(name)} data-testid="new-preview">
                New preview
              </Button>
            }
          >
            Clones for a time, at addresses such as {name}--pr-12. They go with their tenant.
            <TenantPreviews name={name} />
          </ActionRow>
        )}
      </Stack>
    </Section>
  );
}
