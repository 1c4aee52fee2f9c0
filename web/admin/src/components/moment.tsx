import { formatAgo, formatMoment } from "../lib/format";

/** How long ago; the exact time on hover. */
export function Moment({ at }: { at: string }) {
  const time = new Date(at);
  return (
    <time dateTime={at} title={formatMoment(time)} style={{ whiteSpace: "nowrap" }}>
      {formatAgo(time)}
    </time>
  );
}
