import { useState } from "react";
import type { FormEvent } from "react";

import { backpack } from "../backpack";
import { formProblem, NO_PROBLEM } from "../model/problems";
import { ChatMark } from "./chat-mark";
import { Field } from "./field";
import "./auth-page.css";

const LABELS = { name: "Name" };

/** For an account that came without a name, as those of a provider may: everything in the chat carries one. */
export function NamePage() {
  const [name, setName] = useState("");
  const [problem, setProblem] = useState(NO_PROBLEM);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    // The session changes with the answer, and the chat takes the place of this page.
    await backpack.auth.update({ name: name.trim() }).catch((error) => setProblem(formProblem(error, LABELS)));
  };

  return (
    <main className="auth">
      <form className="auth-form" onSubmit={submit}>
        <ChatMark />
        <h1>What is your name?</h1>
        <p className="auth-lead">It stands beside everything that you say.</p>
        <Field
          label={LABELS.name}
          error={problem.fields["name"] ?? problem.message ?? undefined}
          value={name}
          onValue={setName}
          autoComplete="name"
          maxLength={60}
          data-testid="own-name"
        />
        <button type="submit" className="button primary" data-testid="save-name" disabled={name.trim() === ""}>
          Go on
        </button>
      </form>
    </main>
  );
}
