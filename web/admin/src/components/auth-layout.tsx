import { Box, Container, Group, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

import { Brand } from "./brand";
import { ColorSchemeToggle } from "./color-scheme-toggle";

interface AuthLayoutProps {
  title: string;
  description: ReactNode;
  children: ReactNode;
}

/** The frame of the pages for somebody who is not signed in. */
export function AuthLayout({ title, description, children }: AuthLayoutProps) {
  return (
    <Box component="main" mih="100dvh" bg="var(--backpack-canvas)">
      <title>{`${title} · Backpack`}</title>
      <Container size={440} py={{ base: "lg", sm: "10vh" }}>
        <Stack gap="lg">
          <Group justify="space-between">
            <Brand />
            <ColorSchemeToggle />
          </Group>
          <Paper p={{ base: "lg", sm: "xl" }}>
            <Stack gap="lg">
              <Stack gap="xs">
                <Title order={1}>{title}</Title>
                <Text c="dimmed" size="sm">
                  {description}
                </Text>
              </Stack>
              {children}
            </Stack>
          </Paper>
        </Stack>
      </Container>
    </Box>
  );
}
