import { useMemo, useState } from "react";
import type { RefObject } from "react";

import type { Conversation, ConversationState } from "../conversation";
import { useNow } from "../hooks/use-now";
import type { MessageDocument } from "../model/message";
import type { Person } from "../model/people";
import type { RoomDocument } from "../model/room";
import { timeline } from "../model/timeline";
import { MessageView } from "./message-view";
import { OlderMessages } from "./older-messages";
import "./message-list.css";

const FAR_PX = 300;

interface MessageListProps {
  scroller: RefObject<HTMLDivElement | null>;
  room: RoomDocument;
  me: Person;
  conversation: Conversation;
  state: ConversationState;
  editing: string | null;
  onRetry: () => void;
  onNewest: () => void;
  onEdit: (id: string) => void;
  onEdited: () => void;
  onDelete: (message: MessageDocument) => void;
}

/** The scroller begins at its bottom and stays there by itself: its column is reversed, and holds one element. */
export function MessageList(props: MessageListProps) {
  const { scroller, room, me, conversation, state, editing, onRetry, onNewest, onEdit, onEdited, onDelete } = props;
  const { ready, problem, messages, unsent, older } = state;
  const now = useNow();
  const entries = useMemo(() => timeline(messages.shown, unsent, now), [messages.shown, unsent, now]);
  const [far, setFar] = useState(false);

  return (
    <div className="messages-place">
      <div
        ref={scroller}
        className="messages"
        role="log"
        aria-label={`Messages in ${room.title}`}
        aria-busy={!ready}
        data-testid="messages"
        tabIndex={0}
        onScroll={(event) => setFar(event.currentTarget.scrollTop < -FAR_PX)}
      >
        <div className="messages-column">
          {ready && entries.length === 0 ? (
            <p className="messages-note">Nobody has said anything here yet. Be the first.</p>
          ) : (
            <OlderMessages ready={ready} more={messages.more} older={older} room={room} conversation={conversation} />
          )}
          <ol>
            {entries.map((entry) => (
              <MessageView
                key={entry.message.id}
                {...entry}
                own={entry.message.owner === me.id}
                editing={entry.message.id === editing}
                conversation={conversation}
                onEdit={onEdit}
                onEdited={onEdited}
                onDelete={onDelete}
              />
            ))}
          </ol>
          {problem !== null && (
            <div className="messages-note" role="alert">
              <p>This room is not live. {problem}</p>
              <button type="button" className="button quiet" onClick={onRetry}>
                Try again
              </button>
            </div>
          )}
        </div>
      </div>
      {far && (
        <button type="button" className="button primary messages-newest" data-testid="newest" onClick={onNewest}>
          To the newest ↓
        </button>
      )}
    </div>
  );
}
