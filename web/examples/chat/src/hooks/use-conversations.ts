import { useMemo } from "react";

import { backpack } from "../backpack";
import { Conversation } from "../conversation";
import type { Person } from "../model/people";

/** The conversation of each room that was opened: what is in one waits there until the room is opened again. */
export function useConversations(me: Person): (room: string) => Conversation {
  return useMemo(() => {
    const opened = new Map<string, Conversation>();
    return (room) => {
      const conversation = opened.get(room) ?? new Conversation(backpack, room, me);
      opened.set(room, conversation);
      return conversation;
    };
  }, [me]);
}
