import { useEffect, useRef, useState } from "react";
import type { FormEvent } from "react";

import { formProblem, NO_PROBLEM } from "../model/problems";
import type { Room } from "../model/room";
import { Field } from "./field";
import "./dialog.css";

const LABELS = { title: "Name", topic: "Topic" };

export function RoomDialog({ onMake, onClose }: { onMake: (room: Room) => Promise<void>; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [title, setTitle] = useState("");
  const [topic, setTopic] = useState("");
  const [problem, setProblem] = useState(NO_PROBLEM);
  const [busy, setBusy] = useState(false);

  useEffect(() => dialog.current?.showModal(), []);

  // Through the element, which gives the focus back, and whose close event ends in onClose.
  const close = () => dialog.current?.close();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await onMake({ title: title.trim(), ...(topic.trim() !== "" && { topic: topic.trim() }) });
      close();
    } catch (error) {
      setProblem(formProblem(error, LABELS));
      setBusy(false);
    }
  };

  return (
    <dialog ref={dialog} className="dialog" data-testid="room-dialog" aria-labelledby="new-room" onClose={onClose}>
      <form onSubmit={submit}>
        <h2 id="new-room">New room</h2>
        <Field
          label={LABELS.title}
          error={problem.fields["title"]}
          value={title}
          onValue={setTitle}
          maxLength={60}
          data-testid="room-title"
        />
        <Field
          label={`${LABELS.topic} (may stay empty)`}
          error={problem.fields["topic"]}
          value={topic}
          onValue={setTopic}
          maxLength={200}
          data-testid="room-topic"
        />
        {problem.message !== null && (
          <p className="problem" role="alert">
            {problem.message}
          </p>
        )}
        <div className="dialog-actions">
          <button type="button" className="button quiet" onClick={close}>
            Cancel
          </button>
          <button
            type="submit"
            className="button primary"
            data-testid="make-room"
            disabled={busy || title.trim() === ""}
          >
            Make room
          </button>
        </div>
      </form>
    </dialog>
  );
}
