import { modals } from "@mantine/modals";

import { useOperation } from "../api/operations";
import type { Operation } from "../api/types";
import { titleOf } from "../lib/operation";
import { OperationProgress } from "./operation-progress";

/** A dialog with long work that was begun already. */
export function showOperation(begun: Operation): void {
  const modalId = modals.open({
    title: <OperationTitle begun={begun} />,
    children: <OperationProgress begun={begun} onClose={() => modals.close(modalId)} />,
  });
}

/** It names the tenant that was made, which only the end of the work tells. */
function OperationTitle({ begun }: { begun: Operation }) {
  const { data: operation } = useOperation(begun);
  return titleOf(operation);
}
