import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";

import { useCreateFirstAdmin } from "../api/queries";
import { AuthLayout } from "../components/auth-layout";
import { FormProblem } from "../components/form-problem";
import { emailProblem, newPasswordProblem } from "../lib/credentials";
import { messagesAtFields } from "../lib/places";

const FIELDS = ["email", "password", "setupCode"];

export default function SetupPage() {
  const create = useCreateFirstAdmin();
  const form = useForm({
    initialValues: { email: "", password: "", setupCode: useCodeFromLink() },
    validate: {
      email: emailProblem,
      password: newPasswordProblem,
      setupCode: isNotEmpty("Enter the code that the server printed."),
    },
  });

  const submit = form.onSubmit((values) => {
    create.mutate(values, { onError: (error) => form.setErrors(messagesAtFields(error, FIELDS)) });
  });

  return (
    <AuthLayout title="Welcome to Backpack" description="Make the first admin of this server to begin.">
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            autoFocus
            required
            data-testid="setup-email"
            {...form.getInputProps("email")}
          />
          <PasswordInput
            label="Password"
            description="At least 8 characters."
            autoComplete="new-password"
            required
            data-testid="setup-password"
            {...form.getInputProps("password")}
          />
          <TextInput
            label="Set-up code"
            description="The server printed it when it started: look in its terminal or its log."
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            data-testid="setup-code"
            {...form.getInputProps("setupCode")}
          />
          <FormProblem error={create.error} fields={FIELDS} />
          <Button type="submit" fullWidth loading={create.isPending} data-testid="setup-submit">
            Create admin
          </Button>
        </Stack>
      </form>
    </AuthLayout>
  );
}

/** The server prints a link that ends in `#code=…`. The code is secret, so it leaves the address bar and history. */
function useCodeFromLink(): string {
  const { hash } = useLocation();
  const navigate = useNavigate();
  const [code] = useState(() => new URLSearchParams(hash.slice(1)).get("code") ?? "");
  useEffect(() => {
    if (hash !== "") void navigate({ hash: "" }, { replace: true });
  }, [hash, navigate]);
  return code;
}
