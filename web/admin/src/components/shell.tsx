import { Anchor, AppShell, Button, Container, Group, Text } from "@mantine/core";
import { IconLogout } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "react-router";

import { useSignOut } from "../api/queries";
import type { Admin } from "../api/types";
import { notifyProblem } from "../lib/notify";
import { Brand } from "./brand";
import { ColorSchemeToggle } from "./color-scheme-toggle";
import { Navigation } from "./navigation";
import classes from "./shell.module.css";

interface ShellProps {
  admin: Admin;
  children: ReactNode;
}

export function Shell({ admin, children }: ShellProps) {
  const signOut = useSignOut();

  return (
    <AppShell header={{ height: 60 }} padding={0}>
      <a className={classes.skip} href="#main">
        Skip to the content
      </a>
      <AppShell.Header>
        <Container size="md" h="100%">
          <Group h="100%" justify="space-between" wrap="nowrap">
            <Group gap="md" wrap="nowrap">
              <Anchor component={Link} to="/" underline="never" c="inherit" aria-label="Backpack">
                <Brand short />
              </Anchor>
              <Navigation />
            </Group>
            <Group gap="xs" wrap="nowrap" miw={0}>
              <Text size="sm" c="dimmed" truncate visibleFrom="sm">
                {admin.email}
              </Text>
              <ColorSchemeToggle />
              <Button
                variant="subtle"
                color="gray"
                size="sm"
                px="xs"
                className={classes.quiet}
                leftSection={<IconLogout size={18} aria-hidden />}
                loading={signOut.isPending}
                onClick={() => signOut.mutate(undefined, { onError: notifyProblem })}
                title={`Signed in as ${admin.email}`}
                data-testid="sign-out"
              >
                <span className={classes.word}>Sign out</span>
              </Button>
            </Group>
          </Group>
        </Container>
      </AppShell.Header>
      <AppShell.Main id="main" className={classes.canvas}>
        <Container size="md" py="xl">
          {children}
        </Container>
      </AppShell.Main>
    </AppShell>
  );
}
