import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { BrowserRouter, Route, Routes } from "react-router";

import { createQueryClient } from "./api/client";
import { ErrorBoundary } from "./components/error-boundary";
import { SessionGate } from "./components/session-gate";
import { Waiting } from "./components/waiting";
import { cssVariablesResolver, theme } from "./theme";

// Every page is a file of its own, so that the first load stays as small as it is, however many there will be.
const TenantsPage = lazy(() => import("./pages/tenants"));
const TenantPage = lazy(() => import("./pages/tenant"));
const PlansPage = lazy(() => import("./pages/plans"));
const NotFoundPage = lazy(() => import("./pages/not-found"));

const queryClient = createQueryClient();

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme="auto">
      <ErrorBoundary>
        <QueryClientProvider client={queryClient}>
          <BrowserRouter>
            <ModalsProvider>
              <Notifications position="bottom-right" />
              <SessionGate>
                <Suspense fallback={<Waiting />}>
                  <Pages />
                </Suspense>
              </SessionGate>
            </ModalsProvider>
          </BrowserRouter>
        </QueryClientProvider>
      </ErrorBoundary>
    </MantineProvider>
  );
}

function Pages() {
  return (
    <Routes>
      <Route path="/" element={<TenantsPage />} />
      <Route path="/tenants/:name" element={<TenantPage />} />
      <Route path="/plans" element={<PlansPage />} />
      <Route path="*" element={<NotFoundPage />} />
    </Routes>
  );
}
