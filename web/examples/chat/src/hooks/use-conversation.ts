import { useEffect, useState } from "react";

import type { Conversation, ConversationState } from "../conversation";
import { useStore } from "../lib/store";

/** A conversation, followed as long as the component is there; `retry` follows it again after a problem. */
export function useConversation(conversation: Conversation): ConversationState & { retry: () => void } {
  const [tries, setTries] = useState(0);
  useEffect(() => conversation.open(), [conversation, tries]);
  return { ...useStore(conversation.state), retry: () => setTries(tries + 1) };
}
