import { useCallback, useEffect, useState } from "react";

import { backpack } from "../backpack";
import { peopleOf } from "../model/people";
import type { Person, Present } from "../model/people";

export interface Presence {
  people: readonly Present[];
  /** Tells the others whether one is writing. */
  announce: (typing: boolean) => void;
}

/** Shows oneself to the others in the room, and answers everyone who has it open. */
export function usePresence(room: string, { name }: Person): Presence {
  const [people, setPeople] = useState<readonly Present[]>([]);
  const channel = backpack.channel(`room:${room}`);

  useEffect(() => {
    const stop = channel.onPresence((members) => setPeople(peopleOf(members)));
    // The room works without avatars, and the live indicator tells when the connection is the reason.
    channel.join({ name }).catch(() => setPeople([]));
    return () => {
      stop();
      channel.leave();
    };
  }, [channel, name]);

  const announce = useCallback(
    (typing: boolean) => void channel.update({ name, typing }).catch(() => undefined),
    [channel, name],
  );
  return { people, announce };
}
