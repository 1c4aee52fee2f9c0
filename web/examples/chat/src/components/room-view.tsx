import { useRef, useState } from "react";

import type { Conversation } from "../conversation";
import { useConversation } from "../hooks/use-conversation";
import type { Notices } from "../hooks/use-notice";
import { usePresence } from "../hooks/use-presence";
import { useTyping } from "../hooks/use-typing";
import type { MessageDocument } from "../model/message";
import type { Person } from "../model/people";
import type { RoomDocument } from "../model/room";
import { Composer } from "./composer";
import { DeleteDialog } from "./delete-dialog";
import { MessageList } from "./message-list";
import { RoomHeader } from "./room-header";
import { TypingLine } from "./typing-line";
import "./room-view.css";

interface RoomViewProps {
  room: RoomDocument;
  me: Person;
  conversation: Conversation;
  attempt: Notices["attempt"];
}

export function RoomView({ room, me, conversation, attempt }: RoomViewProps) {
  const { people, announce } = usePresence(room.id, me);
  const typing = useTyping(announce);
  const { retry, ...state } = useConversation(conversation);
  const [editing, setEditing] = useState<string | null>(null);
  const [deleting, setDeleting] = useState<MessageDocument | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const writing = useRef<HTMLTextAreaElement>(null);

  const toNewest = () => scroller.current?.scrollTo({ top: 0 });

  const send = (text: string) => {
    typing.stopped();
    conversation.send(text);
    toNewest();
  };

  const stopEditing = () => {
    setEditing(null);
    writing.current?.focus();
  };

  const remove = (message: MessageDocument) => {
    void attempt("The message could not be deleted.", conversation.delete(message.id));
    // The button that had the focus goes with the message.
    scroller.current?.focus();
  };

  return (
    <section className="room-view" aria-label={room.title}>
      <RoomHeader room={room} people={people} />
      <MessageList
        scroller={scroller}
        room={room}
        me={me}
        conversation={conversation}
        state={state}
        editing={editing}
        onRetry={retry}
        onNewest={toNewest}
        onEdit={setEditing}
        onEdited={stopEditing}
        onDelete={setDeleting}
      />
      <TypingLine people={people} me={me} />
      <Composer
        field={writing}
        room={room.title}
        conversation={conversation}
        onTyped={typing.typed}
        onStopped={typing.stopped}
        onSend={send}
        onEditLast={() => setEditing(state.messages.shown.findLast(({ owner }) => owner === me.id)?.id ?? null)}
      />
      {deleting && (
        <DeleteDialog message={deleting} onDelete={() => remove(deleting)} onClose={() => setDeleting(null)} />
      )}
    </section>
  );
}
