import { useEffect, useId, useRef, useState } from "react";
import type { FormEvent } from "react";

import type { Board } from "../board";
import type { CardDocument, CardPatch } from "../model/card";
import { explain } from "../model/problems";
import { PictureField } from "./picture-field";
import "./card-dialog.css";

interface CardDialogProps {
  board: Board;
  card: CardDocument;
  /** Whether it is the person's own; others only look at it. */
  own: boolean;
  onClose: () => void;
  onDelete: () => void;
}

/** Only what was edited, so that the rest of what others write stays. */
function changes(before: CardDocument, title: string, text: string): CardPatch {
  return {
    ...(title !== before.title && { title }),
    ...(text !== (before.text ?? "") && { text }),
  };
}

export function CardDialog({ board, card, own, onClose, onDelete }: CardDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [opened] = useState(card);
  const [title, setTitle] = useState(card.title);
  const [text, setText] = useState(card.text ?? "");
  const [problem, setProblem] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);

  useEffect(() => dialog.current?.showModal(), []);

  // Through the element, which gives the focus back to the card, and whose close event ends in onClose.
  const close = () => dialog.current?.close();

  const save = async (event: FormEvent) => {
    event.preventDefault();
    const patch = changes(opened, title.trim(), text);
    if (Object.keys(patch).length === 0) return close();
    setSaving(true);
    try {
      await board.patch(card.id, patch);
      close();
    } catch (error) {
      setProblem(explain(error));
      setSaving(false);
    }
  };

  return (
    <dialog ref={dialog} className="card-dialog" data-testid="card-dialog" aria-label="Card" onClose={onClose}>
      <form onSubmit={save}>
        <div className="field">
          <label htmlFor={`${id}-title`}>Title</label>
          <input
            id={`${id}-title`}
            data-testid="edit-title"
            maxLength={200}
            readOnly={!own}
            value={title}
            onChange={(event) => setTitle(event.target.value)}
          />
        </div>
        <div className="field">
          <label htmlFor={`${id}-text`}>Description</label>
          <textarea
            id={`${id}-text`}
            data-testid="edit-text"
            rows={5}
            readOnly={!own}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        {own && <PictureField board={board} card={card} onProblem={setProblem} />}
        {!own && <p data-testid="not-own">This card is {card.author}’s. You can move it.</p>}
        {problem !== null && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <div className="dialog-actions">
          {own && (
            <button type="button" className="button danger" data-testid="delete-card" onClick={onDelete}>
              Delete card
            </button>
          )}
          <button type="button" className="button quiet" onClick={close}>
            {own ? "Cancel" : "Close"}
          </button>
          {own && (
            <button
              type="submit"
              className="button primary"
              data-testid="save-card"
              disabled={saving || title.trim() === ""}
            >
              Save
            </button>
          )}
        </div>
      </form>
    </dialog>
  );
}
