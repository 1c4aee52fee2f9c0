import { messagesAtFields } from "../lib/places";
import { ProblemAlert } from "./problem-alert";

interface FormProblemProps {
  error: Error | null;
  /** The fields that show their own messages; a problem that names one of them is not repeated here. */
  fields: readonly string[];
}

export function FormProblem({ error, fields }: FormProblemProps) {
  if (error === null || Object.keys(messagesAtFields(error, fields)).length > 0) return null;
  return <ProblemAlert error={error} />;
}
