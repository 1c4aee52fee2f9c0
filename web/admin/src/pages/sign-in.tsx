import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";

import { useSignIn } from "../api/queries";
import { AuthLayout } from "../components/auth-layout";
import { FormProblem } from "../components/form-problem";
import { emailProblem } from "../lib/credentials";
import { messagesAtFields } from "../lib/places";

const FIELDS = ["email", "password"];

export default function SignInPage() {
  const signIn = useSignIn();
  const form = useForm({
    initialValues: { email: "", password: "" },
    validate: { email: emailProblem, password: isNotEmpty("Enter your password.") },
  });

  const submit = form.onSubmit((values) => {
    signIn.mutate(values, { onError: (error) => form.setErrors(messagesAtFields(error, FIELDS)) });
  });

  return (
    <AuthLayout title="Sign in" description="To the admin panel of this server.">
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            autoFocus
            required
            data-testid="signin-email"
            {...form.getInputProps("email")}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            data-testid="signin-password"
            {...form.getInputProps("password")}
          />
          <FormProblem error={signIn.error} fields={FIELDS} />
          <Button type="submit" fullWidth loading={signIn.isPending} data-testid="signin-submit">
            Sign in
          </Button>
        </Stack>
      </form>
    </AuthLayout>
  );
}
