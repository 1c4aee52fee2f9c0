import { Group, Text, Tooltip } from "@mantine/core";

import type { UsageDay } from "../api/types";
import { niceCeiling } from "../lib/days";
import { formatCount, formatDay, plural } from "../lib/format";
import classes from "./requests-chart.module.css";

const LEGEND = [
  { kind: "answered", label: "Answered" },
  { kind: "failed", label: "Failed" },
  { kind: "refused", label: "Refused" },
] as const;

type Parts = Record<(typeof LEGEND)[number]["kind"], number>;

/** The days from the oldest on, each at least one request somewhere. The table beside it says all of it in words. */
export function RequestsChart({ days }: { days: readonly UsageDay[] }) {
  const most = niceCeiling(Math.max(...days.map((day) => day.requests)));
  const sums = sumOf(days.map(partsOf));
  const [first, middle, last] = [days[0], days[Math.floor(days.length / 2)], days.at(-1)];

  return (
    <figure className={classes.figure} data-testid="requests-chart">
      <div className={classes.chart}>
        <div className={classes.scale} aria-hidden>
          <span>{formatCount(most)}</span>
          {most % 2 === 0 && <span>{formatCount(most / 2)}</span>}
          <span>0</span>
        </div>
        <div className={classes.plot} role="img" aria-label={summary(days, sums)}>
          {days.map((day) => (
            <Day key={day.day} day={day} most={most} />
          ))}
        </div>
        <div className={classes.days} aria-hidden>
          {[first, middle, last].map((day) => day && <span key={day.day}>{formatDay(day.day)}</span>)}
        </div>
      </div>
      <Group component="figcaption" gap="xs" style={{ columnGap: "var(--mantine-spacing-lg)" }}>
        {LEGEND.map(({ kind, label }) => (
          <Text key={kind} size="sm">
            <span className={classes.mark} data-kind={kind} />
            {label} <b>{formatCount(sums[kind])}</b>
          </Text>
        ))}
      </Group>
    </figure>
  );
}

function Day({ day, most }: { day: UsageDay; most: number }) {
  const parts = partsOf(day);
  return (
    <Tooltip label={inWords(day)} transitionProps={{ duration: 0 }}>
      <div className={classes.day} data-day={day.day}>
        <div className={classes.bar} style={{ height: `${(day.requests / most) * 100}%` }}>
          {(["failed", "refused", "answered"] as const).map(
            (kind) =>
              parts[kind] > 0 && (
                <div key={kind} className={classes.part} data-kind={kind} style={{ flexGrow: parts[kind] }} />
              ),
          )}
        </div>
      </div>
    </Tooltip>
  );
}

function partsOf({ requests, errors, refused }: UsageDay): Parts {
  return { answered: requests - errors - refused, failed: errors, refused };
}

function sumOf(parts: readonly Parts[]): Parts {
  const sum = (kind: keyof Parts) => parts.reduce((total, each) => total + each[kind], 0);
  return { answered: sum("answered"), failed: sum("failed"), refused: sum("refused") };
}

function inWords({ day, requests, errors, refused }: UsageDay): string {
  const worse = [errors > 0 && `${formatCount(errors)} failed`, refused > 0 && `${formatCount(refused)} refused`];
  return [`${formatDay(day)}: ${plural(requests, "request")}`, ...worse.filter((words) => words !== false)].join(", ");
}

function summary(days: readonly UsageDay[], { answered, failed, refused }: Parts): string {
  const busiest = days.reduce((most, day) => (day.requests > most.requests ? day : most));
  const all = plural(answered + failed + refused, "request");
  return (
    `Requests by day, ${plural(days.length, "day")}: ${all}, ${formatCount(failed)} failed, ` +
    `${formatCount(refused)} refused. The busiest was ${inWords(busiest)}.`
  );
}
