import { List } from "@mantine/core";

/** What a restore does to those who use the tenant. */
export function RestoreWarning() {
  return (
    <List size="sm" spacing={6}>
      <List.Item>What came since is gone, unless a snapshot has it. Take one first if in doubt.</List.Item>
      <List.Item>Sessions end: everybody signs in again. Sockets close and connect again.</List.Item>
      <List.Item>API keys stay those of now.</List.Item>
      <List.Item>It is built while the tenant is used; then requests answer 503 for a moment.</List.Item>
    </List>
  );
}
