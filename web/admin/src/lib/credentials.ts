const PASSWORD_MIN = 8;
const PASSWORD_MAX = 200;

export function emailProblem(email: string): string | null {
  return /^\S+@\S+$/.test(email.trim()) ? null : "Enter an e-mail address.";
}

export function newPasswordProblem(password: string): string | null {
  if (password.length < PASSWORD_MIN) return `Use at least ${PASSWORD_MIN} characters.`;
  if (password.length > PASSWORD_MAX) return `Use at most ${PASSWORD_MAX} characters.`;
  return null;
}
