const MAX = 40;

/** What is wrong with a plan's name, or null; the form is the server's. */
export function planNameProblem(name: string): string | null {
  if (name === "") return "Choose a name.";
  if (!/^[a-z0-9-]*$/.test(name)) return "Use only the letters a to z, digits and hyphens.";
  if (!/^[a-z]/.test(name)) return "Begin with a letter.";
  if (name.length > MAX) return `Use at most ${MAX} characters.`;
  return null;
}
