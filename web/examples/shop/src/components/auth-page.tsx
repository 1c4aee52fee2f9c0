import { isBackpackError } from "backpack-sdk";
import { useState } from "react";
import type { FormEvent } from "react";

import { backpack } from "../backpack";
import { useShop } from "../hooks/use-shop";
import { useTitle } from "../hooks/use-title";
import { formProblem, NO_PROBLEM } from "../model/problems";
import { ShopMark } from "./shop-mark";
import { Field } from "./field";
import { ProviderButtons } from "./provider-buttons";
import "./auth-page.css";

const LABELS = { name: "Name", email: "E-mail", password: "Password" };
const NAME_MISSING = { fields: { name: "Tell us what to call you." }, message: null };

type Mode = "sign-in" | "sign-up";

const WORDS = {
  "sign-in": { title: "Welcome back", action: "Sign in", question: "New here?", other: "Create an account" },
  "sign-up": { title: "Make an account", action: "Sign up", question: "Already have an account?", other: "Sign in" },
};

/** Takes the place of a page that needs an account; `lead` says what for. */
export function AuthPage({ lead }: { lead: string }) {
  const { told } = useShop();
  const [mode, setMode] = useState<Mode>("sign-in");
  const [mailed, setMailed] = useState<string | null>(null);
  const [values, setValues] = useState({ name: "", email: "", password: "" });
  const [problem, setProblem] = useState({ ...NO_PROBLEM, message: told });
  const [busy, setBusy] = useState(false);
  const words = WORDS[mode];
  useTitle(words.title);
  const newcomer = mode === "sign-up";

  const field = (name: keyof typeof values) => ({
    name,
    label: LABELS[name],
    value: values[name],
    error: problem.fields[name],
    onValue: (value: string) => setValues((before) => ({ ...before, [name]: value })),
    "data-testid": name,
  });

  const toggle = () => {
    setMode(newcomer ? "sign-in" : "sign-up");
    setProblem(NO_PROBLEM);
  };

  const back = () => {
    setMailed(null);
    setMode("sign-in");
    setProblem(NO_PROBLEM);
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { email, password } = values;
    const name = values.name.trim();
    if (newcomer && name === "") return setProblem(NAME_MISSING);
    setBusy(true);
    setProblem(NO_PROBLEM);
    try {
      // The session changes with the answer, and what was asked for takes the place of this page.
      await (newcomer ? backpack.auth.register({ email, password, name }) : backpack.auth.login({ email, password }));
      // Unless the address has to be confirmed first: then nobody is signed in.
      if (backpack.auth.user === null) setMailed(email);
    } catch (error) {
      setProblem(formProblem(error, LABELS));
      if (isBackpackError(error) && error.code === "not_verified") {
        await backpack.auth.verify(email);
        setMailed(email);
      }
    } finally {
      setBusy(false);
    }
  };

  if (mailed !== null) {
    return (
      <div className="auth">
        <div className="auth-form" data-testid="mailed">
          <ShopMark />
          <h1>Check your mail</h1>
          <p>
            We have sent a link to <strong>{mailed}</strong>. Follow it, then sign in.
          </p>
          <button type="button" className="button primary" data-testid="to-sign-in" onClick={() => back()}>
            Sign in
          </button>
        </div>
      </div>
    );
  }

  return (
    <div className="auth">
      {/* The server says what it does not accept, at the field; the browser's own bubbles would get in its way. */}
      <form className="auth-form" onSubmit={submit} noValidate>
        <ShopMark />
        <h1>{words.title}</h1>
        <p className="auth-lead">{lead}</p>
        {newcomer && <Field {...field("name")} autoComplete="name" />}
        <Field {...field("email")} type="email" autoComplete="email" />
        <Field {...field("password")} type="password" autoComplete={newcomer ? "new-password" : "current-password"} />
        {problem.message !== null && (
          <p className="problem" role="alert">
            {problem.message}
          </p>
        )}
        <button type="submit" className="button primary" data-testid={mode} disabled={busy}>
          {words.action}
        </button>
        <ProviderButtons onProblem={(error) => setProblem(formProblem(error, LABELS))} />
        <p className="auth-toggle">
          {words.question}{" "}
          <button type="button" className="link" data-testid="toggle-auth" onClick={toggle}>
            {words.other}
          </button>
        </p>
      </form>
    </div>
  );
}
