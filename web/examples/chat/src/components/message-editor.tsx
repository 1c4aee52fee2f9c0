import { useState } from "react";
import type { FormEvent, KeyboardEvent } from "react";

import { explain } from "../model/problems";
import { TextArea } from "./text-area";
import "./message-editor.css";

interface MessageEditorProps {
  text: string;
  onSave: (text: string) => Promise<void>;
  onClose: () => void;
}

/** It stays until the server has taken the change, so that a refused one is not lost. */
export function MessageEditor({ text, onSave, onClose }: MessageEditorProps) {
  const [value, setValue] = useState(text);
  const [problem, setProblem] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);

  const save = async () => {
    const wanted = value.trim();
    if (wanted === "" || saving) return;
    if (wanted === text) return onClose();
    setSaving(true);
    try {
      await onSave(wanted);
      onClose();
    } catch (error) {
      setProblem(explain(error));
      setSaving(false);
    }
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save();
  };

  const closeOnEscape = (event: KeyboardEvent) => {
    if (event.key === "Escape") onClose();
  };

  return (
    <form className="message-editor" onSubmit={submit}>
      <TextArea
        data-testid="editor"
        aria-label="Your message"
        autoFocus
        onFocus={({ target }) => target.setSelectionRange(text.length, text.length)}
        value={value}
        onValue={setValue}
        onEnter={() => void save()}
        onKey={closeOnEscape}
      />
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <div className="message-editor-actions">
        <button type="submit" className="button primary" data-testid="save" disabled={saving || value.trim() === ""}>
          Save
        </button>
        <button type="button" className="button quiet" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}
