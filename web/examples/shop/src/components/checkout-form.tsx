import type { User } from "backpack-sdk";
import { useId, useState } from "react";
import type { FormEvent } from "react";

import { placeOrder } from "../backend/checkout";
import { backpack } from "../backpack";
import { useCart, useShop } from "../hooks/use-shop";
import { navigate } from "../lib/router";
import type { CartLine } from "../model/cart";
import { nameOf } from "../model/people";
import { explain } from "../model/problems";
import { Field } from "./field";

interface CheckoutFormProps {
  user: User;
  lines: readonly CartLine[];
  /** Whether everything can be ordered as it is. */
  possible: boolean;
}

export function CheckoutForm({ user, lines, possible }: CheckoutFormProps) {
  const { show } = useShop();
  const { saved } = useCart();
  const id = useId();
  const [name, setName] = useState(nameOf(user));
  const [address, setAddress] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const complete = name.trim() !== "" && address.trim() !== "";

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!complete) return setProblem("Tell us who gets it, and where.");
    if (saved === null) return setProblem("The cart is being saved. Try again in a moment.");
    setBusy(true);
    setProblem(null);
    try {
      await placeOrder(backpack, saved, lines, { name: name.trim(), address: address.trim() });
      navigate("/orders");
      show("Thank you. Your order is placed.");
    } catch (error) {
      setProblem(explain(error));
      setBusy(false);
    }
  };

  return (
    <form className="panel checkout-form" onSubmit={submit} noValidate>
      <Field
        label="Name"
        data-testid="recipient"
        autoComplete="name"
        maxLength={120}
        value={name}
        error={undefined}
        onValue={setName}
      />
      <div className="field">
        <label htmlFor={`${id}-address`}>Address</label>
        <textarea
          id={`${id}-address`}
          className="input"
          data-testid="address"
          autoComplete="street-address"
          rows={3}
          maxLength={500}
          value={address}
          onChange={(event) => setAddress(event.target.value)}
        />
      </div>
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" className="button primary" data-testid="place-order" disabled={busy || !possible}>
        Place order
      </button>
      <p className="page-note">Nothing is paid here: this is an example.</p>
    </form>
  );
}
