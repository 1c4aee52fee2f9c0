import { notifications } from "@mantine/notifications";

export function notifyDone(message: string): void {
  notifications.show({ color: "pine", message });
}

/** For an action that has no place of its own where its problem could be shown. */
export function notifyProblem(error: Error): void {
  notifications.show({ color: "red", title: "That did not work", message: error.message });
}
