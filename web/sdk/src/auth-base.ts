import type { Http } from "./http.js";
import type { Session } from "./session.js";
import type { User } from "./types.js";

interface SignedIn {
  user: User;
  /** Null: the e-mail address has to be confirmed first. */
  token: string | null;
}

/** What all ways to sign in share: how they ask, and what becomes of the answer. */
export abstract class AuthBase {
  constructor(
    protected readonly http: Http,
    protected readonly session: Session,
  ) {}

  protected async signIn(path: string, json: object | undefined): Promise<User> {
    const { user, token } = await this.http.json<SignedIn>(path, { method: "POST", json });
    if (token !== null) this.session.begin(user, token);
    return user;
  }

  protected post(path: string, json: object): Promise<void> {
    return this.json(path, json);
  }

  protected json<T>(path: string, json: object): Promise<T> {
    return this.http.json<T>(`/api/auth/${path}`, { method: "POST", json });
  }

  /** Unless somebody has signed in or out since it was asked for. */
  protected take(user: User | null, generation: number): void {
    if (generation === this.session.generation) this.session.set(user);
  }
}
