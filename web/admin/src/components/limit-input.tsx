import { NativeSelect, Text, TextInput } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import type { ReactNode } from "react";

import type { Limit, Unit } from "../lib/limits";
import { SIZES, type SizeUnit, type Typed } from "../lib/quantity";

interface LimitInputProps {
  limit: Limit;
  /** What counts while the field is empty: "1 MiB". */
  placeholder: string;
  value: Typed;
  onChange: (value: Typed) => void;
  error?: ReactNode;
}

export function LimitInput({ limit, placeholder, value, onChange, error, ...path }: LimitInputProps) {
  const { name, label, unit, canBeNone, hint } = limit;
  const description = [hint, canBeNone && "0 for no limit"].filter(Boolean).join(". ");

  return (
    <TextInput
      label={label}
      {...(description === "" ? {} : { description })}
      placeholder={placeholder}
      // Below the field, so that fields beside each other stand in one line.
      inputWrapperOrder={["label", "input", "description", "error"]}
      inputMode="decimal"
      autoComplete="off"
      spellCheck={false}
      value={value.amount}
      onChange={(event) => onChange({ ...value, amount: event.currentTarget.value })}
      error={error}
      rightSection={
        unit === "bytes" ? (
          <SizeSelect label={label} name={name} size={value.size} onChange={(size) => onChange({ ...value, size })} />
        ) : (
          <Text size="sm" c="dimmed">
            {SUFFIXES[unit]}
          </Text>
        )
      }
      rightSectionWidth={WIDTHS[unit]}
      data-testid={`limit-${name}`}
      {...path}
    />
  );
}

const WIDTHS: Record<Unit, number> = { bytes: 76, count: 0, perSecond: 92, days: 52 };

const SUFFIXES: Record<Exclude<Unit, "bytes">, string> = { count: "", perSecond: "per second", days: "days" };

interface SizeSelectProps {
  label: string;
  name: string;
  size: SizeUnit;
  onChange: (size: SizeUnit) => void;
}

function SizeSelect({ label, name, size, onChange }: SizeSelectProps) {
  return (
    <NativeSelect
      variant="unstyled"
      aria-label={`Unit: ${label}`}
      data={SIZES.map(({ unit }) => unit)}
      value={size}
      onChange={(event) => onChange(event.currentTarget.value as SizeUnit)}
      // The field's own chevron is sized for a field of its own.
      rightSection={<IconChevronDown size={14} aria-hidden />}
      rightSectionWidth={22}
      w="100%"
      data-testid={`unit-${name}`}
    />
  );
}
