import { useLiveStatus } from "../hooks/use-live-status";
import "./live-status.css";

const WORDS = { live: "Live", connecting: "Connecting…", offline: "Offline" };

export function LiveStatus() {
  const status = useLiveStatus();
  return (
    <span className="live-status" role="status" data-testid="live-status" data-state={status}>
      {WORDS[status]}
    </span>
  );
}
