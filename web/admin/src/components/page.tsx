import { Group, Stack, Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { useNavigationType } from "react-router";

interface PageProps {
  title: string;
  /** Beside the title. */
  actions?: ReactNode;
  /** Above the title: the way back. */
  back?: ReactNode;
  children: ReactNode;
}

export function Page({ title, actions, back, children }: PageProps) {
  const heading = useHeadingFocus();

  return (
    <Stack gap="lg">
      <title>{`${title} · Backpack`}</title>
      <Stack gap="xs">
        {back}
        <Group justify="space-between" gap="md">
          <Title order={1} ref={heading} tabIndex={-1} style={{ outline: "none", overflowWrap: "anywhere" }}>
            {title}
          </Title>
          {actions}
        </Group>
      </Stack>
      {children}
    </Stack>
  );
}

/**
 * A followed link, or an address that became another, moves the focus to the new page's heading, as a page load would;
 * screen readers then read it out.
 */
function useHeadingFocus() {
  const heading = useRef<HTMLHeadingElement>(null);
  const wentOn = useNavigationType() !== "POP";
  useEffect(() => {
    if (wentOn) heading.current?.focus();
  }, [wentOn]);
  return heading;
}
