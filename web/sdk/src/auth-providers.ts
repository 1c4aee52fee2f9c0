import { PasskeyAuth } from "./auth-passkeys.js";
import { BackpackError, isBackpackError } from "./errors.js";
import { type Handed, type Identity, type ProviderInfo, type ProviderOptions, ProviderWindow } from "./oauth.js";
import type { User } from "./types.js";

/** Signing in at providers, and the identities there. */
export abstract class ProviderAuth extends PasskeyAuth {
  private readonly window = new ProviderWindow(this.http.url);
  /** A sign-in at a provider that waits for the second factor. */
  private pending: Handed | null = null;

  /** Where one can sign in. */
  async providers(): Promise<ProviderInfo[]> {
    return (await this.http.json<{ items: ProviderInfo[] }>("/api/auth/providers")).items;
  }

  /**
   * Sign in at a provider. By default the page is left, and `redirectResult()` says on the next one who came back; with
   * `popup` this one is told. Throws `sign_in_cancelled`, `provider_failed`, `account_exists`, `second_factor_required`.
   */
  async signInWith(provider: string, { redirect, popup = false }: ProviderOptions = {}): Promise<User> {
    if (!popup) return this.window.leave(provider, redirect);
    return this.exchange(await this.window.open(provider, redirect));
  }

  /**
   * Who came back from a provider to this page; null for nobody. Call it when the page is loaded. Throws as
   * `signInWith` does.
   */
  async redirectResult(): Promise<User | null> {
    const handed = this.window.fromUrl();
    return handed && this.exchange(handed);
  }

  /** Go on with a sign-in at a provider that threw `second_factor_required`. */
  async continueSignIn(totp: string): Promise<User> {
    if (this.pending) return this.exchange(this.pending, totp);
    const detail = "There is no sign-in that waits for a second factor.";
    throw new BackpackError({ status: 0, code: "token_invalid", title: "Nothing to go on with", detail });
  }

  /**
   * Link an identity at a provider to one's account, in a window of its own; a guest becomes a user by it. Throws
   * `already_exists` when it belongs to another account, and `wrong_credentials`.
   */
  async link(provider: string, { password, redirect }: { password?: string; redirect?: string } = {}): Promise<User> {
    const { generation } = this.session;
    const handed = await this.window.open(provider, redirect);
    const { user } = await this.json<{ user: User }>("identities", { ...handed, password });
    this.take(user, generation);
    return user;
  }

  /** One's own identities at providers. */
  async identities(): Promise<Identity[]> {
    return (await this.http.json<{ items: Identity[] }>("/api/auth/identities")).items;
  }

  /** Take an identity from one's account. Throws `conflict` where it is the only way in. */
  async unlink(id: string): Promise<void> {
    await this.http.json(`/api/auth/identities/${encodeURIComponent(id)}`, { method: "DELETE" });
  }

  private async exchange(handed: Handed, totp?: string): Promise<User> {
    this.pending = null;
    try {
      return await this.signIn("/api/auth/oauth/exchange", { ...handed, totp });
    } catch (error) {
      const again = isBackpackError(error) && ["second_factor_required", "wrong_credentials"].includes(error.code);
      if (again) this.pending = handed;
      throw error;
    }
  }
}
