import { useCallback, useEffect, useRef } from "react";

const IDLE_MS = 4_000;

export interface Typing {
  /** To be called at each key. */
  typed: () => void;
  stopped: () => void;
}

/** Announces the beginning and the end of typing, and takes silence for the end. */
export function useTyping(announce: (typing: boolean) => void): Typing {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const stopped = useCallback(() => {
    if (timer.current === undefined) return;
    clearTimeout(timer.current);
    timer.current = undefined;
    announce(false);
  }, [announce]);

  const typed = useCallback(() => {
    if (timer.current === undefined) announce(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(stopped, IDLE_MS);
  }, [announce, stopped]);

  // Who leaves the room has left the channel too, so there is nobody to tell.
  useEffect(() => () => clearTimeout(timer.current), []);

  return { typed, stopped };
}
