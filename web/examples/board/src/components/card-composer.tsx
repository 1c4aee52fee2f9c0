import { useState } from "react";
import type { FormEvent, KeyboardEvent } from "react";

interface CardComposerProps {
  column: string;
  onAdd: (title: string) => Promise<boolean>;
  onClose: () => void;
}

/** Enter adds a card and is ready for the next; leaving it empty, or Escape, closes it. */
export function CardComposer({ column, onAdd, onClose }: CardComposerProps) {
  const [title, setTitle] = useState("");

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = title.trim();
    if (wanted === "") return;
    setTitle("");
    const added = await onAdd(wanted);
    // Give the words back, unless the next card is being written already.
    if (!added) setTitle((current) => current || wanted);
  };

  const closeOnEscape = (event: KeyboardEvent) => {
    if (event.key === "Escape") onClose();
  };

  return (
    <form className="composer" onSubmit={submit}>
      <input
        data-testid="new-card-title"
        aria-label={`Title of the new card in ${column}`}
        placeholder="Title, then Enter"
        maxLength={200}
        autoFocus
        value={title}
        onChange={(event) => setTitle(event.target.value)}
        onKeyDown={closeOnEscape}
        onBlur={() => title.trim() === "" && onClose()}
      />
    </form>
  );
}
