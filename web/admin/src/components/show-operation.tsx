import { modals } from "@mantine/modals";

import type { Operation } from "../api/types";
import { OperationProgress } from "./operation-progress";

/** A dialog with long work that was begun already. */
export function showOperation(title: string, begun: Operation): void {
  const modalId = modals.open({
    title,
    children: <OperationProgress begun={begun} onClose={() => modals.close(modalId)} />,
  });
}
