import { isBackpackError } from "./errors.js";
import type { Http } from "./http.js";
import type { Session } from "./session.js";
import type { Stop, User } from "./types.js";

interface SignedIn {
  user: User;
  token: string;
}

/** An account's e-mail and password. */
export interface EmailAndPassword {
  email: string;
  password: string;
}

/** Accounts: who is signed in, and how to be. */
export class Auth {
  constructor(
    private readonly http: Http,
    private readonly session: Session,
  ) {}

  /** The user as last heard of, null before `me()`, a log-in or a registration. */
  get user(): User | null {
    return this.session.user;
  }

  /** Make an account and sign in. Further fields become the profile. */
  register(account: EmailAndPassword & Record<string, unknown>): Promise<User> {
    return this.signIn("/api/auth/register", account);
  }

  /** Sign in. Throws `wrong_credentials` when e-mail or password is wrong. */
  login(account: EmailAndPassword): Promise<User> {
    return this.signIn("/api/auth/login", account);
  }

  /** End the session, on the server too. */
  async logout(): Promise<void> {
    const token = this.session.token();
    try {
      await this.http.json("/api/auth/logout", { method: "POST" });
    } catch (error) {
      if (!isBackpackError(error) || error.status !== 401) throw error;
    }
    this.session.ended(token);
  }

  /** Ask the server who is signed in; null for nobody. */
  async me(): Promise<User | null> {
    const { byCookie, generation } = this.session;
    const user = byCookie || this.session.token() !== null ? await this.ask() : null;
    this.take(user, generation);
    return this.session.user;
  }

  /** Merge into one's own profile. */
  async update(patch: Record<string, unknown>): Promise<User> {
    const { generation } = this.session;
    const { user } = await this.http.json<{ user: User }>("/api/auth/me", { method: "PATCH", json: patch });
    this.take(user, generation);
    return user;
  }

  /** Be told when somebody signs in or out, or the profile changes. */
  onChange(listener: (user: User | null) => void): Stop {
    return this.session.onChange(listener);
  }

  private async signIn(path: string, account: EmailAndPassword): Promise<User> {
    const { user, token } = await this.http.json<SignedIn>(path, { method: "POST", json: account });
    this.session.begin(user, token);
    return user;
  }

  private async ask(): Promise<User | null> {
    try {
      return (await this.http.json<{ user: User }>("/api/auth/me")).user;
    } catch (error) {
      if (isBackpackError(error) && error.status === 401) return null;
      throw error;
    }
  }

  /** Unless somebody has signed in or out since it was asked for. */
  private take(user: User | null, generation: number): void {
    if (generation === this.session.generation) this.session.set(user);
  }
}
