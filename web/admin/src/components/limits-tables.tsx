import { Table, Text } from "@mantine/core";
import type { ReactNode } from "react";

import type { Limits } from "../api/types";
import { LIMIT_GROUPS, type Limit } from "../lib/limits";
import { formatLimit } from "../lib/quantity";
import classes from "./limits-tables.module.css";

interface LimitsTablesProps {
  limits: Limits;
  /** Which of them; all, when it is left out. */
  shows?: (limit: Limit) => boolean;
  /** Where a limit comes from, and what can be done about it. */
  origin?: (limit: Limit) => ReactNode;
}

/** Limits, a table for each group of them. */
export function LimitsTables({ limits, shows = () => true, origin }: LimitsTablesProps) {
  const groups = LIMIT_GROUPS.map(({ title, limits: all }) => ({ title, limits: all.filter(shows) }));
  return (
    <div className={classes.groups}>
      {groups.filter((group) => group.limits.length > 0).map((group) => (
        <Table key={group.title} className={classes.group} verticalSpacing={6} horizontalSpacing={0}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{group.title}</Table.Th>
              <Table.Th scope="col" ta="end" fw={400} c="dimmed" style={{ whiteSpace: "nowrap" }}>
                At most
              </Table.Th>
              {origin && (
                <Table.Th scope="col" w={112} ta="end" fw={400} c="dimmed">
                  From
                </Table.Th>
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {group.limits.map((limit) => (
              <Row key={limit.name} limit={limit} value={limits[limit.name]} origin={origin?.(limit)} />
            ))}
          </Table.Tbody>
        </Table>
      ))}
    </div>
  );
}

interface RowProps {
  limit: Limit;
  value: number;
  origin: ReactNode;
}

function Row({ limit, value, origin }: RowProps) {
  return (
    <Table.Tr data-testid="limit-row" data-name={limit.name}>
      <Table.Th scope="row" fw={400} h={40}>
        {limit.label}
        {limit.hint !== undefined && (
          <Text size="xs" c="dimmed">
            {limit.hint}
          </Text>
        )}
      </Table.Th>
      <Table.Td ta="end" fw={600} pl="xs" style={{ whiteSpace: "nowrap" }}>
        {formatLimit(value, limit)}
      </Table.Td>
      {origin !== undefined && <Table.Td ta="end">{origin}</Table.Td>}
    </Table.Tr>
  );
}
