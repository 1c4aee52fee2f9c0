import { useEffect, useState } from "react";

import { backpack } from "../backpack";

export type LiveStatus = "live" | "connecting" | "offline";

export function useLiveStatus(): LiveStatus {
  const [status, setStatus] = useState<LiveStatus>("connecting");
  useEffect(() => backpack.onStatus(setStatus), []);
  return status;
}
