import { Button, Group, Stack, Text } from "@mantine/core";
import { IconFileZip } from "@tabler/icons-react";
import { useState } from "react";

import { usePublishSite } from "../api/queries";
import type { Release } from "../api/types";
import { formatBytes, formatCount } from "../lib/format";
import { notifyDone } from "../lib/notify";
import { DropZone } from "./drop-zone";
import { ProblemAlert } from "./problem-alert";

/** Choosing and publishing are two steps: the new site replaces the one that visitors see. */
export function PublishSite({ name }: { name: string }) {
  const [archive, setArchive] = useState<File | null>(null);
  const publish = usePublishSite(name);

  const choose = (file: File | null) => {
    publish.reset();
    setArchive(file);
  };

  const done = (release: Release) => {
    setArchive(null);
    notifyDone(`${name} is published: ${formatCount(release.files)} files, ${formatBytes(release.size)}.`);
  };

  return (
    <Stack gap="md">
      {archive === null ? (
        <DropZone accept=".zip,application/zip" onFile={choose} testId="site-archive">
          <IconFileZip size={28} stroke={1.5} aria-hidden />
          <Text size="sm" fw={600}>
            Drop a .zip here, or choose one
          </Text>
          <Text size="sm" c="dimmed">
            The built site with index.html at the top
          </Text>
        </DropZone>
      ) : (
        <Group justify="space-between" gap="sm">
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            <b>{archive.name}</b> · {formatBytes(archive.size)}
          </Text>
          <Group gap="sm">
            <Button variant="default" disabled={publish.isPending} onClick={() => choose(null)}>
              Choose another
            </Button>
            <Button
              loading={publish.isPending}
              onClick={() => publish.mutate(archive, { onSuccess: done })}
              data-testid="publish-site"
            >
              Publish
            </Button>
          </Group>
        </Group>
      )}
      {publish.error && <ProblemAlert error={publish.error} />}
    </Stack>
  );
}
