import { isBackpackError } from "./errors.js";
import { ProviderAuth } from "./auth-providers.js";
import type { Stop, User } from "./types.js";

interface Recovery {
  recoveryCodes: string[];
}

/** One of a user's sessions. */
export interface SessionInfo {
  id: string;
  createdAt: string;
  expiresAt: string;
  /** What the browser called itself. */
  agent: string;
  /** Whether it is the one that asks. */
  current: boolean;
  /** Whether it is an administrator's who acts as the user. */
  impersonated: boolean;
}

/** What a mail's link is for. */
export type LinkKind = "verify" | "reset" | "link" | "email-change" | "invite";

/** What a mail's link brought to this page. */
export interface Link {
  kind: LinkKind;
  token: string;
}

const LINK = /^#backpack-(verify|reset|link|email-change|invite)=([\w-]+)$/;

/** An account's e-mail and password. */
export interface EmailAndPassword {
  email: string;
  password: string;
}

/** The token of an invitation's link, in place of the address. */
export interface Invited {
  invitation: string;
  password: string;
}

/** Accounts: who is signed in, and how to be. */
export class Auth extends ProviderAuth {
  /** The user as last heard of, null before `me()`, a log-in or a registration. */
  get user(): User | null {
    return this.session.user;
  }

  /**
   * Make an account and sign in. Further fields become the profile. Where the tenant wants the e-mail address confirmed
   * first, nobody is signed in: `user` stays null.
   */
  register(account: (EmailAndPassword | Invited) & Record<string, unknown>): Promise<User> {
    return this.signIn("/api/auth/register", account);
  }

  /**
   * Sign in. Throws `wrong_credentials` when e-mail or password is wrong, and `second_factor_required` when they are right
   * and `totp` is missing.
   */
  login(account: EmailAndPassword & { totp?: string }): Promise<User> {
    return this.signIn("/api/auth/login", account);
  }

  /** Send a code and a link to sign in by. Tells nothing about whether there is such an account. */
  requestCode(email: string): Promise<void> {
    return this.post("otp/request", { email });
  }

  /** Sign in by a mail's code. Throws `token_invalid`. */
  loginWithCode(email: string, code: string, totp?: string): Promise<User> {
    return this.signIn("/api/auth/otp/login", { email, code, totp });
  }

  /** Sign in by the token of a mail's link. Throws `token_invalid`. */
  loginWithLink(token: string, totp?: string): Promise<User> {
    return this.signIn("/api/auth/otp/login", { token, totp });
  }

  /** Make a guest and sign in. */
  guest(): Promise<User> {
    return this.signIn("/api/auth/anonymous", undefined);
  }

  /** Make the guest a user, with the same id. Throws `already_exists`. */
  upgrade(account: EmailAndPassword): Promise<User> {
    return this.signIn("/api/auth/anonymous/upgrade", account);
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

  /** Send a link that confirms an address: one's own, or the one given. Tells nothing about whether there is such an account. */
  verify(email?: string): Promise<void> {
    return this.post("verify/request", email === undefined ? {} : { email });
  }

  /** Confirm an address by a link's token. Throws `token_invalid`. */
  async confirmVerify(token: string): Promise<User> {
    return this.known(await this.json<{ user: User }>("verify/confirm", { token }));
  }

  /** Send a link for a new password. Tells nothing about whether there is such an account. */
  forgotPassword(email: string): Promise<void> {
    return this.post("password/forgot", { email });
  }

  /** Choose a new password by a link's token; every session is over. Throws `token_invalid`. */
  resetPassword(token: string, password: string): Promise<void> {
    return this.post("password/reset", { token, password });
  }

  /** Choose a new password; every other session is over. Throws `wrong_credentials`. */
  changePassword(currentPassword: string, newPassword: string): Promise<User> {
    return this.signIn("/api/auth/password/change", { currentPassword, newPassword });
  }

  /** Send a link to an address that one wants to have. Throws `wrong_credentials`. */
  changeEmail(email: string, password?: string): Promise<void> {
    return this.post("email/change/request", { email, password });
  }

  /** Have the new address by a link's token. Throws `token_invalid`. */
  async confirmEmail(token: string): Promise<User> {
    return this.known(await this.json<{ user: User }>("email/change/confirm", { token }));
  }

  /**
   * What a mail's link brought to this page, where the tenant's `appUrl` leads to it; null for nothing. It is taken out
   * of the address.
   */
  linkFromUrl(): Link | null {
    const found = typeof location === "undefined" ? null : LINK.exec(location.hash);
    if (!found) return null;
    history.replaceState(history.state, "", location.pathname + location.search);
    return { kind: found[1] as LinkKind, token: found[2]! };
  }

  /** Whether one has a second factor, and how many recovery codes are left. */
  mfa(): Promise<{ totp: boolean; recoveryCodes: number }> {
    return this.http.json("/api/auth/mfa");
  }

  /** Begin to have an authenticator application; `uri` is for a QR code. Counts when it is confirmed. */
  enrollTotp(password?: string): Promise<{ secret: string; uri: string }> {
    return this.json("mfa/totp/enroll", { password });
  }

  /** Switch it on by its first code; the recovery codes, shown this once. */
  async confirmTotp(code: string): Promise<string[]> {
    return (await this.json<Recovery>("mfa/totp/confirm", { code })).recoveryCodes;
  }

  /** Other recovery codes in place of those that are there. */
  async newRecoveryCodes(totp: string): Promise<string[]> {
    return (await this.json<Recovery>("mfa/totp/codes", { totp })).recoveryCodes;
  }

  /** Switch it off. */
  disableTotp(totp: string, password?: string): Promise<void> {
    return this.post("mfa/totp/disable", { totp, password });
  }

  /** A new token for the one in use, which is over. */
  refresh(): Promise<User> {
    return this.signIn("/api/auth/refresh", undefined);
  }

  /** One's own sessions, the newest first. */
  async sessions(): Promise<SessionInfo[]> {
    return (await this.http.json<{ items: SessionInfo[] }>("/api/auth/sessions")).items;
  }

  /** End one of one's sessions; without an id all but this one. */
  async endSession(id?: string): Promise<void> {
    const one = id === undefined ? "" : `/${encodeURIComponent(id)}`;
    await this.http.json(`/api/auth/sessions${one}`, { method: "DELETE" });
  }

  /** Remove the account, and sign out everywhere. Its documents stay. Throws `wrong_credentials`. */
  async deleteAccount(password?: string): Promise<void> {
    const token = this.session.token();
    await this.http.json("/api/auth/me", { method: "DELETE", json: { password } });
    this.session.ended(token);
  }

  /** Be told when somebody signs in or out, or the profile changes. */
  onChange(listener: (user: User | null) => void): Stop {
    return this.session.onChange(listener);
  }

  /** Take a user's newest document, if it is the one who is signed in. */
  private known({ user }: { user: User }): User {
    if (this.session.user?.id === user.id) this.session.set(user);
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
}
