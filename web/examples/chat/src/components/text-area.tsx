import type { ChangeEvent, ComponentProps, KeyboardEvent } from "react";

import { LONGEST } from "../model/message";
import "./text-area.css";

const MOST_ROWS = 8;

interface TextAreaProps extends Omit<ComponentProps<"textarea">, "value" | "onChange" | "onKeyDown"> {
  value: string;
  onValue: (value: string) => void;
  /** Enter; with shift it begins a line. */
  onEnter: () => void;
  /** The other keys. */
  onKey: (event: KeyboardEvent<HTMLTextAreaElement>) => void;
}

/** A field for a message, which grows with it. */
export function TextArea({ value, onValue, onEnter, onKey, ...textarea }: TextAreaProps) {
  const key = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // The Enter that ends the input of a Japanese word, say, is not one that sends.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return onKey(event);
    event.preventDefault();
    onEnter();
  };

  return (
    <textarea
      {...textarea}
      className="text-area"
      rows={Math.min(value.split("\n").length, MOST_ROWS)}
      maxLength={LONGEST}
      value={value}
      onChange={(event: ChangeEvent<HTMLTextAreaElement>) => onValue(event.target.value)}
      onKeyDown={key}
    />
  );
}
