import { Fieldset, SimpleGrid, Stack } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import type { Limits } from "../api/types";
import { LIMIT_GROUPS } from "../lib/limits";
import type { TypedLimits } from "../lib/limits-form";
import { formatAmount } from "../lib/quantity";
import { LimitInput } from "./limit-input";

interface LimitFieldsProps<V extends { limits: TypedLimits }> {
  form: UseFormReturnType<V>;
  /** What counts where a field is empty. */
  otherwise: Limits;
}

/** A field for each limit, of a form that has them as `limits`. */
export function LimitFields<V extends { limits: TypedLimits }>({ form, otherwise }: LimitFieldsProps<V>) {
  return (
    <Stack gap="xl">
      {LIMIT_GROUPS.map(({ title, limits }) => (
        <Fieldset key={title} variant="unstyled" m={0} legend={title} styles={{ legend: { fontWeight: 650 } }}>
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
            {limits.map((limit) => (
              <LimitInput
                key={limit.name}
                limit={limit}
                placeholder={formatAmount(otherwise[limit.name], limit)}
                {...form.getInputProps(`limits.${limit.name}`)}
                value={form.values.limits[limit.name]}
              />
            ))}
          </SimpleGrid>
        </Fieldset>
      ))}
    </Stack>
  );
}
