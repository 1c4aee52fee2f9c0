import { Table } from "@mantine/core";

import type { UsageDay } from "../api/types";
import { formatBytes, formatCount, formatDay } from "../lib/format";

/** The days on which there were requests, the newest first. */
export function RequestsTable({ days }: { days: readonly UsageDay[] }) {
  return (
    <Table verticalSpacing={6} horizontalSpacing={6} data-testid="requests-table" style={{ fontVariantNumeric: "tabular-nums" }}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Day</Table.Th>
          <Table.Th scope="col" ta="end">
            Requests
          </Table.Th>
          <Table.Th scope="col" ta="end">
            Failed
          </Table.Th>
          <Table.Th scope="col" ta="end">
            Refused
          </Table.Th>
          <Table.Th scope="col" ta="end" visibleFrom="xs">
            Received
          </Table.Th>
          <Table.Th scope="col" ta="end" visibleFrom="xs">
            Sent
          </Table.Th>
          <Table.Th scope="col" ta="end" visibleFrom="sm">
            Mean time
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {days.map((day) => (
          <Row key={day.day} day={day} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Row({ day: { day, requests, errors, refused, bytesIn, bytesOut, busyMs } }: { day: UsageDay }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400} style={{ whiteSpace: "nowrap" }}>
        <time dateTime={day}>{formatDay(day)}</time>
      </Table.Th>
      <Table.Td ta="end">{formatCount(requests)}</Table.Td>
      <Table.Td ta="end" {...(errors > 0 ? { c: "var(--mantine-color-error)", fw: 600 } : {})}>
        {formatCount(errors)}
      </Table.Td>
      <Table.Td ta="end" {...(refused > 0 ? { fw: 600 } : {})}>
        {formatCount(refused)}
      </Table.Td>
      <Table.Td ta="end" visibleFrom="xs">
        {formatBytes(bytesIn)}
      </Table.Td>
      <Table.Td ta="end" visibleFrom="xs">
        {formatBytes(bytesOut)}
      </Table.Td>
      <Table.Td ta="end" visibleFrom="sm">
        {requests > 0 && `${formatCount(Number((busyMs / requests).toPrecision(2)))} ms`}
      </Table.Td>
    </Table.Tr>
  );
}
