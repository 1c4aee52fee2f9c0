import type { User } from "backpack-sdk";
import { useCallback, useEffect, useState } from "react";

import { backpack } from "../backpack";
import { explain } from "../model/problems";

export type Session =
  | { phase: "loading" }
  | { phase: "failed"; message: string; retry: () => void }
  | { phase: "signed-out" }
  | { phase: "signed-in"; user: User };

const sessionOf = (user: User | null): Session =>
  user === null ? { phase: "signed-out" } : { phase: "signed-in", user };

/** Who is signed in, as it is now. */
export function useSession(): Session {
  const [session, setSession] = useState<Session>({ phase: "loading" });

  const load = useCallback(() => {
    setSession({ phase: "loading" });
    backpack.auth.me().then(
      (user) => setSession(sessionOf(user)),
      (error: unknown) => setSession({ phase: "failed", message: explain(error), retry: load }),
    );
  }, []);

  useEffect(() => {
    const stop = backpack.auth.onChange((user) => setSession(sessionOf(user)));
    load();
    return stop;
  }, [load]);

  return session;
}
