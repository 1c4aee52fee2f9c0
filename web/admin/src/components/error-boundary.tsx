import { Alert, Button, Container, Stack, Text } from "@mantine/core";
import { Component, type ReactNode } from "react";

interface State {
  failed: boolean;
}

/**
 * The last net. What it mostly catches is a page whose file is gone: after an upgrade of the server, a panel that stays
 * open asks for the files of the old version. Loading the panel again cures that.
 */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { failed: false };

  static getDerivedStateFromError(): State {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <Container size="xs" py="xl">
        <Alert color="red" title="This page could not be shown">
          <Stack gap="sm" align="flex-start">
            <Text size="sm">The server may have been upgraded since the panel was opened.</Text>
            <Button variant="default" size="xs" onClick={() => window.location.reload()}>
              Load the panel again
            </Button>
          </Stack>
        </Alert>
      </Container>
    );
  }
}
