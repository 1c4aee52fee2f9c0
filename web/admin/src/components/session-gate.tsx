import { Container } from "@mantine/core";
import { modals } from "@mantine/modals";
import { lazy, type ReactNode, Suspense, useEffect } from "react";

import { useAdmin, useStatus } from "../api/queries";
import { ProblemAlert } from "./problem-alert";
import { Shell } from "./shell";
import { Waiting } from "./waiting";

const Setup = lazy(() => import("../pages/setup"));
const SignIn = lazy(() => import("../pages/sign-in"));

/**
 * Lets an admin in, and shows anybody else how to become one. The address stays what it was, so signing in leads to the
 * page that was asked for.
 */
export function SessionGate({ children }: { children: ReactNode }) {
  return (
    <Suspense fallback={<Waiting />}>
      <Gate>{children}</Gate>
    </Suspense>
  );
}

function Gate({ children }: { children: ReactNode }) {
  const status = useStatus();
  const admin = useAdmin();
  useNoDialogs(admin.data === null);

  if (status.data?.setupRequired) return <Setup />;
  if (status.data && admin.data === null) return <SignIn />;
  if (status.data && admin.data) return <Shell admin={admin.data}>{children}</Shell>;

  const error = status.error ?? admin.error;
  if (error === null) return <Waiting />;
  const retry = () => {
    for (const query of [status, admin]) if (query.isError) void query.refetch();
  };
  return (
    <Container size="xs" py="xl">
      <ProblemAlert error={error} onRetry={retry} />
    </Container>
  );
}

/** A dialog is of the page below it, which is gone when nobody is signed in any more. */
function useNoDialogs(signedOut: boolean): void {
  useEffect(() => {
    if (signedOut) modals.closeAll();
  }, [signedOut]);
}
