import type { User } from "backpack-sdk";
import { useCallback, useEffect, useState } from "react";

import { backpack } from "../backpack";
import { explain } from "../model/problems";

export type Session =
  | { phase: "loading" }
  | { phase: "failed"; message: string; retry: () => void }
  | { phase: "signed-out"; told: string | null }
  | { phase: "signed-in"; user: User };

const sessionOf = (user: User | null, told: string | null = null): Session =>
  user === null ? { phase: "signed-out", told } : { phase: "signed-in", user };

/** Who is signed in, and what a provider that led back to this page has to say. */
async function arrive(): Promise<Session> {
  try {
    const returned = await backpack.auth.redirectResult();
    if (returned !== null) return sessionOf(returned);
  } catch (error) {
    return sessionOf(await backpack.auth.me(), explain(error));
  }
  return sessionOf(await backpack.auth.me());
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
    const stop = backpack.auth.onChange((user) => setSession(sessionOf(user)));
    load();
    return stop;
  }, [load]);

  return session;
}
