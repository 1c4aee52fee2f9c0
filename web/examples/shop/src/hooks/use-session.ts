import type { User } from "backpack-sdk";
import { useCallback, useEffect, useState } from "react";

import { backpack } from "../backpack";
import { explain } from "../model/problems";

export type Session =
  | { phase: "loading" }
  | { phase: "failed"; message: string; retry: () => void }
  /** `told`: why a sign-in at a provider failed. */
  | { phase: "known"; user: User | null; told: string | null };

const known = (user: User | null, told: string | null = null): Session => ({ phase: "known", user, told });

/** Who is signed in, and what a provider that led back to this page has to say. */
async function arrive(): Promise<Session> {
  try {
    const returned = await backpack.auth.redirectResult();
    if (returned !== null) return known(returned);
  } catch (error) {
    return known(await backpack.auth.me(), explain(error));
  }
  return known(await backpack.auth.me());
}

/** A tab learns of what happened in another one when it is asked for. It stays what it was when that fails. */
function ask(): void {
  if (document.visibilityState === "visible") void backpack.auth.me().catch(() => undefined);
}

/** Who is signed in, as it is now. */
export function useSession(): Session {
  const [session, setSession] = useState<Session>({ phase: "loading" });

  const load = useCallback(() => {
    setSession({ phase: "loading" });
    arrive().then(setSession, (error: unknown) =>
      setSession({ phase: "failed", message: explain(error), retry: load }),
    );
  }, []);

  useEffect(() => {
    const stop = backpack.auth.onChange((user) => setSession(known(user)));
    document.addEventListener("visibilitychange", ask);
    load();
    return () => {
      stop();
      document.removeEventListener("visibilitychange", ask);
    };
  }, [load]);

  return session;
}
