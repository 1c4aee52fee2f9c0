import type { User } from "backpack-sdk";
import { createContext, useContext, useEffect, useMemo } from "react";

import { AccountCart } from "../backend/account-cart";
import { BrowserCart } from "../backend/browser-cart";
import type { Cart, CartState } from "../backend/cart";
import { backpack } from "../backpack";
import { useStore } from "../lib/store";
import type { Notices } from "./use-notice";

/** What every page of the shop needs. */
export interface Shop extends Pick<Notices, "show" | "attempt"> {
  user: User | null;
  /** Why a sign-in at a provider failed. */
  told: string | null;
  cart: Cart;
}

export const ShopContext = createContext<Shop | null>(null);

export function useShop(): Shop {
  const shop = useContext(ShopContext);
  if (shop === null) throw new Error("This is no place inside the shop");
  return shop;
}

const browserCart = new BrowserCart();

/** The account's cart, or the browser's as long as nobody is signed in. `failed` has to be stable. */
export function useOpenCart(user: User | null, failed: (error: unknown) => void): Cart {
  const id = user?.id;
  const cart = useMemo(() => (id === undefined ? browserCart : new AccountCart(backpack, id, browserCart)), [id]);
  useEffect(() => cart.open(failed), [cart, failed]);
  return cart;
}

export function useCart(): CartState {
  return useStore(useShop().cart.state);
}
