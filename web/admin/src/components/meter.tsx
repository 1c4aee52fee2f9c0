import { Stack, Text } from "@mantine/core";

import { formatQuantity, isNone } from "../lib/quantity";
import type { Unit } from "../lib/limits";
import classes from "./meter.module.css";

/** From this share of a limit on, an eye should fall on it. */
const NEAR = 0.8;

type Level = "fine" | "near" | "full";

interface MeterProps {
  name: string;
  label: string;
  used: number;
  limit: number;
  unit: Unit;
  canBeNone: boolean;
  /** More about what is used. */
  note?: string;
}

/** What is used of a limit. The words say what the colours say. */
export function Meter({ name, label, used, limit, unit, canBeNone, note }: MeterProps) {
  const none = isNone(limit, { canBeNone });
  const level = none ? "fine" : levelOf(used, limit);
  return (
    <Stack gap={6} justify="space-between" data-testid="usage-meter" data-name={name} data-level={level}>
      <div>
        <Text size="sm" c="dimmed">
          {label}
        </Text>
        <Text fz="xl" fw={600} lh={1.3}>
          {formatQuantity(used, unit)}
          {!none && (
            <>
              {" "}
              <Text span size="sm" fw={400} c="dimmed" style={{ whiteSpace: "nowrap" }}>
                of {formatQuantity(limit, unit)}
              </Text>
            </>
          )}
        </Text>
        {note !== undefined && (
          <Text size="xs" c="dimmed">
            {note}
          </Text>
        )}
      </div>
      <Stack gap={4}>
        {none ? <div className={classes.none} /> : <Bar label={label} used={used} limit={limit} level={level} />}
        <Text size="xs" c={level === "full" ? "var(--mantine-color-error)" : "dimmed"} fw={level === "fine" ? undefined : 600}>
          {none ? "No limit" : inWords(used, limit, level)}
        </Text>
      </Stack>
    </Stack>
  );
}

interface BarProps {
  label: string;
  used: number;
  limit: number;
  level: Level;
}

function Bar({ label, used, limit, level }: BarProps) {
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={limit}
      aria-valuenow={Math.min(used, limit)}
      aria-valuetext={inWords(used, limit, level)}
      className={classes.track}
    >
      {used > 0 && (
        <div
          className={classes.fill}
          data-level={level}
          style={{ width: `${Math.min(1, used / limit) * 100}%` }}
        />
      )}
    </div>
  );
}

function levelOf(used: number, limit: number): Level {
  if (used >= limit) return "full";
  return used >= limit * NEAR ? "near" : "fine";
}

function inWords(used: number, limit: number, level: Level): string {
  if (used > limit) return "Over the limit";
  if (level === "full") return "At the limit";
  const percent = (used / limit) * 100;
  const shown = percent > 0 && percent < 1 ? "Under 1" : Math.floor(percent);
  return level === "near" ? `${shown}% used, near the limit` : `${shown}% used`;
}
