import { memo } from "react";

import type { Conversation } from "../conversation";
import type { MessageDocument } from "../model/message";
import { colorOf } from "../model/people";
import { clock } from "../model/time";
import type { Entry } from "../model/timeline";
import { Avatar } from "./avatar";
import { MessageActions } from "./message-actions";
import { MessageEditor } from "./message-editor";
import { UnsentNote } from "./unsent-note";
import "./message-view.css";

interface MessageViewProps extends Entry {
  own: boolean;
  editing: boolean;
  conversation: Conversation;
  onEdit: (id: string) => void;
  onEdited: () => void;
  onDelete: (message: MessageDocument) => void;
}

export const MessageView = memo(function MessageView(props: MessageViewProps) {
  const { message, day, first, state, problem, own, editing, conversation, onEdit, onEdited, onDelete } = props;
  const { id, author, owner, createdAt, text, edited } = message;
  return (
    <>
      {day !== null && (
        <li className="day">
          <h3>{day}</h3>
        </li>
      )}
      <li className="message" data-testid="message" data-message-id={id} data-state={state} data-first={first}>
        {first && <Avatar name={author} color={colorOf(owner ?? author)} />}
        <div className="message-body">
          {first ? (
            <p className="message-head">
              <strong>{author}</strong>{" "}
              <time dateTime={createdAt} title={new Date(createdAt).toLocaleString()}>
                {clock(createdAt)}
              </time>
            </p>
          ) : (
            <span className="visually-hidden">{author}</span>
          )}
          {editing ? (
            <MessageEditor text={text} onSave={(changed) => conversation.edit(id, changed)} onClose={onEdited} />
          ) : (
            <p className="message-text">
              {text}
              {edited && <small> (edited)</small>}
            </p>
          )}
          {problem !== null && (
            <UnsentNote
              problem={problem}
              onRetry={() => conversation.retry(message)}
              onGiveUp={() => conversation.giveUp(id)}
            />
          )}
        </div>
        {own && state === "saved" && !editing && (
          <MessageActions onEdit={() => onEdit(id)} onDelete={() => onDelete(message)} />
        )}
      </li>
    </>
  );
});
