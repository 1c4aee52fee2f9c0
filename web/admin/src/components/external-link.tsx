import { Anchor, type AnchorProps, VisuallyHidden } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";

interface ExternalLinkProps extends AnchorProps {
  href: string;
}

/** A link to a tenant's own site, shown as its host. In a narrow place it breaks after the tenant's name. */
export function ExternalLink({ href, ...anchor }: ExternalLinkProps) {
  const [name, ...domain] = new URL(href).host.split(".");
  return (
    <Anchor href={href} target="_blank" rel="noreferrer" style={{ overflowWrap: "anywhere" }} {...anchor}>
      {name}
      <wbr />
      <span style={{ whiteSpace: "nowrap" }}>
        .{domain.join(".")}
        <IconExternalLink size={14} aria-hidden style={{ marginInlineStart: 4, verticalAlign: "-2px" }} />
      </span>
      <VisuallyHidden> (opens in a new tab)</VisuallyHidden>
    </Anchor>
  );
}
