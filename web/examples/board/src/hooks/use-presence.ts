import { useEffect, useState } from "react";

import { backpack } from "../backpack";
import { peopleOf } from "../model/people";
import type { Person } from "../model/people";

/** Shows oneself to the others, and answers everyone who has the board open. */
export function usePresence({ id, name, color }: Person): Person[] {
  const [people, setPeople] = useState<Person[]>([]);

  useEffect(() => {
    const channel = backpack.channel("board");
    const stop = channel.onPresence((members) => setPeople(peopleOf(members)));
    // The board works without avatars, and the live indicator tells when the connection is the reason.
    channel.join({ name, color }).catch(() => setPeople([]));
    return () => {
      stop();
      void channel.leave();
    };
  }, [id, name, color]);

  return people;
}
