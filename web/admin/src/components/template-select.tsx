import { NativeSelect, type NativeSelectProps } from "@mantine/core";

import type { Template } from "../api/types";
import { contentsInWords } from "../lib/templates";

interface TemplateSelectProps extends Omit<NativeSelectProps, "data" | "value" | "onChange"> {
  templates: readonly Template[];
  value: string | null;
  onChange: (template: string | null) => void;
}

/** A template or none, and what comes with it. */
export function TemplateSelect({ templates, value, onChange, ...props }: TemplateSelectProps) {
  const chosen = templates.find(({ name }) => name === value);
  return (
    <NativeSelect
      label="Template"
      description={chosen ? contentsInWords(chosen) : "Nothing but what every tenant has."}
      // Below the field, because it says what was chosen there.
      inputWrapperOrder={["label", "input", "description", "error"]}
      data={[{ value: "", label: "Empty" }, ...templates.map(({ name }) => name)]}
      value={value ?? ""}
      onChange={(event) => onChange(event.currentTarget.value || null)}
      {...props}
    />
  );
}
