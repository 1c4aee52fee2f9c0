import type { ProviderInfo } from "backpack-sdk";
import { useEffect, useState } from "react";

import { backpack } from "../backpack";

/** A button for each provider that the tenant has; nothing where it has none. */
export function ProviderButtons({ onProblem }: { onProblem: (error: unknown) => void }) {
  const [providers, setProviders] = useState<readonly ProviderInfo[]>([]);

  // One can sign in without them, so it is no problem when they cannot be asked for.
  useEffect(() => void backpack.auth.providers().then(setProviders, () => undefined), []);

  return providers.map(({ name, label }) => (
    <button
      key={name}
      type="button"
      className="button quiet"
      data-testid={`provider-${name}`}
      onClick={() => void backpack.auth.signInWith(name).catch(onProblem)}
    >
      Continue with {label}
    </button>
  ));
}
