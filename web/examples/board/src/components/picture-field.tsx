import { useId, useState } from "react";
import type { ChangeEvent } from "react";

import type { Board } from "../board";
import { usePictureUrl } from "../hooks/use-picture-url";
import type { CardDocument } from "../model/card";
import { explain } from "../model/problems";

interface PictureFieldProps {
  board: Board;
  card: CardDocument;
  onProblem: (problem: string | null) => void;
}

/** A picture is on the card as soon as it is chosen; Save is for the words. */
export function PictureField({ board, card, onProblem }: PictureFieldProps) {
  const id = useId();
  const [progress, setProgress] = useState<number | null>(null);
  const busy = progress !== null;

  const run = async (task: Promise<void>) => {
    onProblem(null);
    setProgress(0);
    await task.catch((error: unknown) => onProblem(explain(error)));
    setProgress(null);
  };

  const choose = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const image = target.files?.[0];
    if (image) void run(board.setPicture(card, image, setProgress));
    // Choosing the same file once more is a change again.
    target.value = "";
  };

  return (
    <div className="field picture-field">
      <label htmlFor={id}>Picture</label>
      {card.picture !== undefined && <Preview key={card.picture} file={card.picture} />}
      <div className="picture-actions">
        <input id={id} type="file" accept="image/*" data-testid="picture-input" disabled={busy} onChange={choose} />
        {card.picture !== undefined && (
          <button
            type="button"
            className="button quiet"
            data-testid="remove-picture"
            disabled={busy}
            onClick={() => void run(board.removePicture(card))}
          >
            Remove picture
          </button>
        )}
      </div>
      {busy && <progress max={1} value={progress} aria-label="Uploading the picture" />}
    </div>
  );
}

function Preview({ file }: { file: string }) {
  return <img className="picture-preview" src={usePictureUrl(file)} alt="The card's picture" />;
}
