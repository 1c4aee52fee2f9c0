import { SimpleGrid } from "@mantine/core";

import type { LimitName, UsageReport, UsedNow } from "../api/types";
import { plural } from "../lib/format";
import { LIMITS } from "../lib/limits";
import { Meter } from "./meter";

/** What is used, with the limit that it counts for. */
const PAIRS: readonly { used: keyof UsedNow; limit: LimitName }[] = [
  { used: "documents", limit: "maxDocuments" },
  { used: "databaseBytes", limit: "maxData" },
  { used: "fileBytes", limit: "maxStorage" },
  { used: "collections", limit: "maxCollections" },
  { used: "requests", limit: "maxConcurrent" },
  { used: "sockets", limit: "maxSockets" },
  { used: "subscriptions", limit: "maxSubscriptions" },
  { used: "channels", limit: "maxChannels" },
];

export function UsageMeters({ report: { now, limits } }: { report: UsageReport }) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="lg" verticalSpacing="xl">
      {PAIRS.map(({ used, limit }) => {
        const known = LIMITS.find(({ name }) => name === limit);
        return (
          known && (
            <Meter
              key={used}
              name={used}
              label={known.label}
              used={now[used]}
              limit={limits[limit]}
              unit={known.unit}
              canBeNone={known.canBeNone}
              {...(used === "fileBytes" ? { note: plural(now.files, "file") } : {})}
            />
          )
        );
      })}
    </SimpleGrid>
  );
}
