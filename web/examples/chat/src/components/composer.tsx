import { useState } from "react";
import type { FormEvent, KeyboardEvent, RefObject } from "react";

import type { Conversation } from "../conversation";
import { TextArea } from "./text-area";
import "./composer.css";

interface ComposerProps {
  field: RefObject<HTMLTextAreaElement | null>;
  room: string;
  conversation: Conversation;
  onTyped: () => void;
  onStopped: () => void;
  onSend: (text: string) => void;
  onEditLast: () => void;
}

/** On a touch screen the focus would bring up the keyboard over the messages. */
const hasKeyboard = () => window.matchMedia("(hover: hover)").matches;

export function Composer({ field, room, conversation, onTyped, onStopped, onSend, onEditLast }: ComposerProps) {
  const [text, setText] = useState(conversation.draft);
  const empty = text.trim() === "";

  const write = (next: string) => {
    setText(next);
    conversation.draft = next;
    if (next.trim() === "") onStopped();
    else onTyped();
  };

  const send = () => {
    if (empty) return;
    onSend(text.trim());
    setText("");
    conversation.draft = "";
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    send();
    field.current?.focus();
  };

  const editLast = (event: KeyboardEvent) => {
    if (event.key !== "ArrowUp" || text !== "") return;
    event.preventDefault();
    onEditLast();
  };

  return (
    <form className="composer" onSubmit={submit}>
      <TextArea
        ref={field}
        data-testid="composer"
        aria-label={`Message to ${room}`}
        placeholder={`Message to ${room}`}
        autoFocus={hasKeyboard()}
        value={text}
        onValue={write}
        onEnter={send}
        onKey={editLast}
      />
      <button type="submit" className="button primary" data-testid="send" disabled={empty}>
        Send
      </button>
    </form>
  );
}
