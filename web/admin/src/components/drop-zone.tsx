import { VisuallyHidden } from "@mantine/core";
import { type DragEvent, type ReactNode, useId, useState } from "react";

import classes from "./drop-zone.module.css";

interface DropZoneProps {
  /** As in `<input accept>`. It guides the file dialog; a dropped file can be anything. */
  accept: string;
  onFile: (file: File) => void;
  children: ReactNode;
  testId?: string;
}

/** A file input with a large target. The input stays a real one, so that keyboards and screen readers can use it. */
export function DropZone({ accept, onFile, children, testId }: DropZoneProps) {
  const id = useId();
  const [over, setOver] = useState(false);

  const take = (files: FileList | null) => {
    const file = files?.[0];
    if (file) onFile(file);
  };

  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };

  return (
    <label
      htmlFor={id}
      className={classes.zone}
      data-over={over || undefined}
      onDragOver={(event) => {
        // Without this a browser refuses the drop, and then opens the file itself.
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {children}
      <VisuallyHidden>
        <input
          id={id}
          type="file"
          accept={accept}
          data-testid={testId}
          onChange={(event) => {
            take(event.currentTarget.files);
            // So that choosing the same file again, after it was built anew, is a change too.
            event.currentTarget.value = "";
          }}
        />
      </VisuallyHidden>
    </label>
  );
}
