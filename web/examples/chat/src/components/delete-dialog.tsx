import { useEffect, useRef } from "react";

import type { MessageDocument } from "../model/message";
import "./dialog.css";

interface DeleteDialogProps {
  message: MessageDocument;
  onDelete: () => void;
  onClose: () => void;
}

/** A deleted message does not come back, so one is asked first. */
export function DeleteDialog({ message, onDelete, onClose }: DeleteDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const close = () => dialog.current?.close();

  const remove = () => {
    close();
    onDelete();
  };

  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="delete-message" onClose={onClose}>
      <h2 id="delete-message">Delete this message?</h2>
      <blockquote className="dialog-quote">{message.text}</blockquote>
      <div className="dialog-actions">
        <button type="button" className="button quiet" onClick={close}>
          Keep it
        </button>
        <button type="button" className="button danger" data-testid="confirm-delete" onClick={remove}>
          Delete
        </button>
      </div>
    </dialog>
  );
}
