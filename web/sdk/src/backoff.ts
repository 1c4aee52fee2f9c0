const STEPS_MS = [100, 300, 700, 1500, 3000, 6000, 10_000];

/** How long to wait before the n-th try (from 0): longer each time, spread so that clients do not come all at once. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const step = STEPS_MS[Math.min(attempt, STEPS_MS.length - 1)] ?? 0;
  return Math.round(step * (0.5 + random()));
}
