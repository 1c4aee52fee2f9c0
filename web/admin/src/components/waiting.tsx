import { Center, Loader } from "@mantine/core";

export function Waiting() {
  return (
    <Center mih="60dvh">
      <Loader role="status" aria-label="Loading" />
    </Center>
  );
}
