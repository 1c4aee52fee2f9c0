import { modals } from "@mantine/modals";

import { useResume, useSuspend } from "../api/life";
import { notifyDone } from "../lib/notify";
import { Confirm } from "./confirm";

export function openSuspendTenant(name: string): void {
  const modalId = modals.open({
    title: `Suspend ${name}`,
    children: <SuspendTenant name={name} onClose={() => modals.close(modalId)} />,
  });
}

export function openResumeTenant(name: string): void {
  const modalId = modals.open({
    title: `Resume ${name}`,
    children: <ResumeTenant name={name} onClose={() => modals.close(modalId)} />,
  });
}

interface Props {
  name: string;
  onClose: () => void;
}

function SuspendTenant({ name, onClose }: Props) {
  const suspend = useSuspend(name);
  const done = () => {
    onClose();
    notifyDone(`${name} is suspended.`);
  };
  return (
    <Confirm
      action="Suspend"
      color="red"
      onConfirm={() => suspend.mutate(undefined, { onSuccess: done })}
      onClose={onClose}
      pending={suspend.isPending}
      error={suspend.error}
      testId="confirm-suspend"
    >
      Until it is resumed, its API and its site answer everybody with 503, and its sockets close. What is under way has
      half a second, then it is cut off. Nothing is lost, and you still see and change it here.
    </Confirm>
  );
}

function ResumeTenant({ name, onClose }: Props) {
  const resume = useResume(name);
  const done = () => {
    onClose();
    notifyDone(`${name} is served again.`);
  };
  return (
    <Confirm
      action="Resume"
      onConfirm={() => resume.mutate(undefined, { onSuccess: done })}
      onClose={onClose}
      pending={resume.isPending}
      error={resume.error}
      testId="confirm-resume"
    >
      Its API and its site are served again at once, as they were. Sessions and API keys are good as before.
    </Confirm>
  );
}
