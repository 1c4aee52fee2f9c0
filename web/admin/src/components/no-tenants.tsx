import { Button, List, Paper, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconBackpack, IconPlus } from "@tabler/icons-react";

import { openNewTenant } from "./new-tenant";

export function NoTenants() {
  return (
    <Paper p="xl">
      <Stack gap="md" align="center">
        <ThemeIcon size={56} radius="xl" variant="light">
          <IconBackpack size={30} stroke={1.5} aria-hidden />
        </ThemeIcon>
        <Title order={2}>Make your first tenant</Title>
        <Text c="dimmed" ta="center" maw={480}>
          A tenant is a complete backend of its own, for one application or one customer. It shares nothing with the
          other tenants.
        </Text>
        <List size="sm" spacing={4}>
          <List.Item>Documents that clients read, write and watch live</List.Item>
          <List.Item>Accounts for the people who use the application</List.Item>
          <List.Item>Files, and the site itself, at an address of its own</List.Item>
        </List>
        <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={openNewTenant} data-testid="new-tenant">
          New tenant
        </Button>
      </Stack>
    </Paper>
  );
}
