import { useEffect, useRef } from "react";

import type { Conversation, ConversationState } from "../conversation";
import type { RoomDocument } from "../model/room";

interface OlderMessagesProps {
  ready: boolean;
  more: boolean;
  older: ConversationState["older"];
  room: RoomDocument;
  conversation: Conversation;
}

/** The top of the list. It asks for older messages when it comes into view. */
export function OlderMessages({ ready, more, older, room, conversation }: OlderMessagesProps) {
  const place = useRef<HTMLDivElement>(null);
  const wanted = more && older === "idle";

  // Observed anew after each page, because a short one may leave it in view.
  useEffect(() => {
    if (!wanted || place.current === null) return undefined;
    const observer = new IntersectionObserver(([seen]) => {
      if (seen?.isIntersecting) void conversation.loadOlder();
    });
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [wanted, conversation]);

  if (!ready) return <p className="messages-note messages-top">Loading the messages…</p>;
  if (!more) return <p className="messages-note messages-top">This is the beginning of {room.title}.</p>;
  return (
    <div ref={place} className="messages-note messages-top" role="status">
      {older === "failed" ? (
        <>
          <p>Older messages could not be loaded.</p>
          <button type="button" className="button quiet" onClick={() => void conversation.loadOlder()}>
            Try again
          </button>
        </>
      ) : (
        <p>Loading older messages…</p>
      )}
    </div>
  );
}
