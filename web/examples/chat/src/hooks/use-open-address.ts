import { useSyncExternalStore } from "react";

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

/** The address of a room. It is in the hash, so going back leaves the room, and a reload stays in it. */
export function addressOf(room: string): string {
  return `#${encodeURIComponent(room)}`;
}

/** The address of the open room; empty when none is open. */
export function useOpenAddress(): string {
  return useSyncExternalStore(subscribe, () => window.location.hash);
}
