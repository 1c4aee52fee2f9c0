import { useId } from "react";
import type { ComponentProps } from "react";

interface FieldProps extends Omit<ComponentProps<"input">, "onChange"> {
  label: string;
  error: string | undefined;
  onValue: (value: string) => void;
}

/** A labelled input with what is wrong with it. */
export function Field({ label, error, onValue, ...input }: FieldProps) {
  const id = useId();
  const wrong = error !== undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        {...input}
        id={id}
        aria-invalid={wrong}
        aria-describedby={wrong ? `${id}-error` : undefined}
        onChange={(event) => onValue(event.target.value)}
      />
      {wrong && (
        <p id={`${id}-error`} className="problem" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
