import type { User } from "backpack-sdk";
import { useCallback, useMemo } from "react";

import { useNotice } from "../hooks/use-notice";
import { ShopContext, useOpenCart } from "../hooks/use-shop";
import { explain } from "../model/problems";
import { CurrentPage } from "./current-page";
import { ShopHeader } from "./shop-header";
import { Toast } from "./toast";

/** What stays around every page. */
export function ShopFrame({ user, told }: { user: User | null; told: string | null }) {
  const { notice, show, dismiss, attempt } = useNotice();
  const failed = useCallback((error: unknown) => show(`The cart could not be kept. ${explain(error)}`), [show]);
  const cart = useOpenCart(user, failed);
  const shop = useMemo(() => ({ user, told, cart, show, attempt }), [user, told, cart, show, attempt]);
  return (
    <ShopContext value={shop}>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <ShopHeader />
      <main id="main" tabIndex={-1}>
        <CurrentPage />
      </main>
      <Toast notice={notice} onDismiss={dismiss} />
    </ShopContext>
  );
}
