import { useCallback, useEffect, useState } from "react";

import { explain } from "../model/problems";

const SHOWN_MS = 8_000;

export interface Notice {
  text: string;
}

export interface Notices {
  notice: Notice | null;
  show: (text: string) => void;
  dismiss: () => void;
  /** Shows why a task failed, after a sentence that says what it was; answers whether it succeeded. */
  attempt: (what: string, task: Promise<unknown>) => Promise<boolean>;
}

/** One message at a time, which goes by itself. */
export function useNotice(): Notices {
  const [notice, setNotice] = useState<Notice | null>(null);

  const show = useCallback((text: string) => setNotice({ text }), []);
  const dismiss = useCallback(() => setNotice(null), []);
  const attempt = useCallback(
    (what: string, task: Promise<unknown>) =>
      task.then(
        () => true,
        (error: unknown) => {
          show(`${what} ${explain(error)}`);
          return false;
        },
      ),
    [show],
  );

  useEffect(() => {
    if (notice === null) return undefined;
    const timer = setTimeout(dismiss, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [notice, dismiss]);

  return { notice, show, dismiss, attempt };
}
