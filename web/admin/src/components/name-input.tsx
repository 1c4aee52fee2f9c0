import { TextInput, type TextInputProps } from "@mantine/core";
import type { Ref } from "react";

interface NameInputProps extends TextInputProps {
  ref?: Ref<HTMLInputElement>;
}

/** A field for the name of a tenant, or for a part of one. */
export function NameInput(props: NameInputProps) {
  return (
    <TextInput
      label="Name"
      description="3 to 40 characters: a to z, digits and hyphens."
      required
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      {...props}
    />
  );
}
