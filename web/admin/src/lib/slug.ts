/** The form of a tenant's name, as docs/http-api.md has it. Which names are reserved or taken, the server says. */

const MIN = 3;
const MAX = 40;

/** What is wrong with a name, or null. */
export function slugProblem(name: string): string | null {
  if (name === "") return "Choose a name.";
  if (!/^[a-z0-9-]*$/.test(name)) return "Use only the letters a to z, digits and hyphens.";
  if (!/^[a-z]/.test(name)) return "Begin with a letter.";
  if (name.includes("--")) return "Use one hyphen at a time.";
  if (name.length > MAX) return `Use at most ${MAX} characters.`;
  if (name.length < MIN) return `Use at least ${MIN} characters.`;
  if (name.endsWith("-")) return "End with a letter or a digit.";
  return null;
}

/** What is wrong with a name that is still being typed: nothing yet, where the next keys may put it right. */
export function slugProblemWhileTyping(name: string): string | null {
  if (name === "") return null;
  const completed = name.endsWith("-") ? `${name}a` : name;
  return slugProblem(completed.padEnd(MIN, "a"));
}
