import { type Http, path } from "./http.js";

/** What a tenant's developer decides for the whole tenant. */
export interface Settings {
  appName: string;
  appUrl: string;
  defaultRules: "authenticated" | "owner" | "nobody";
  accounts: {
    signUp: "open" | "invited" | "closed";
    verification: "off" | "offered" | "required";
    codeLogin: "off" | "known" | "anybody";
    guests: boolean;
    passwords: boolean;
    passkeys: boolean;
    secondFactor: boolean;
    redirects: string[];
    emailDomains: string[];
    passwordMinLength: number;
    verifyHours: number;
    resetMinutes: number;
    codeMinutes: number;
  };
}

/** A change of settings; null takes one back to its default. */
export type SettingsPatch = { [K in keyof Settings]?: Patched<Settings[K]> | null };
type Patched<V> = V extends readonly unknown[] | string | number | boolean ? V : { [K in keyof V]?: V[K] | null };

/** The texts of a mail; a variable is `${name}`. */
export interface MailTexts {
  subject: string;
  text: string;
  html?: string;
}

/** The texts of a mail as they are. */
export interface MailInfo extends Required<MailTexts> {
  /** Whether they are the tenant's own. */
  own: boolean;
  variables: string[];
}

/** A provider to sign in at, without its secrets. */
export interface Provider {
  name: string;
  kind: ProviderKind;
  label: string;
  enabled: boolean;
  clientId: string;
  issuer: string;
  authorizeUrl: string;
  tokenUrl: string;
  userinfoUrl: string;
  scopes: string[];
  teamId: string;
  keyId: string;
  hasSecret: boolean;
}

/** What is known of a provider beforehand; `oidc` needs an issuer, `oauth2` its three addresses. */
export type ProviderKind = "google" | "github" | "gitlab" | "microsoft" | "apple" | "discord" | "oidc" | "oauth2";

/** A provider as it is set. A secret that is left out stays as it was. */
export interface ProviderForm extends Partial<Omit<Provider, "name" | "hasSecret">> {
  clientId: string;
  clientSecret?: string;
  /** Apple's, as PEM. */
  privateKey?: string;
}

const BASE = "/api/settings";

/** The tenant's settings and the texts of its mails; needs an API key of the scope admin. */
export class SettingsBook {
  constructor(private readonly http: Http) {}

  /** All settings. */
  get(): Promise<Settings> {
    return this.http.json(BASE);
  }

  /** Merge into the settings; they count at once. */
  update(patch: SettingsPatch): Promise<Settings> {
    return this.http.json(BASE, { method: "PATCH", json: patch });
  }

  /** The texts of mails, by kind. */
  mails(): Promise<Record<string, MailInfo>> {
    return this.http.json(`${BASE}/mails`);
  }

  /** Have texts of one's own for a mail. */
  setMail(kind: string, texts: MailTexts): Promise<MailInfo> {
    return this.http.json(`${BASE}/mails${path(kind)}`, { method: "PUT", json: texts });
  }

  /** Have the default texts again. */
  resetMail(kind: string): Promise<void> {
    return this.http.json(`${BASE}/mails${path(kind)}`, { method: "DELETE" });
  }

  /** The providers to sign in at, without their secrets. */
  async providers(): Promise<Provider[]> {
    return (await this.http.json<{ items: Provider[] }>(`${BASE}/providers`)).items;
  }

  /** Set a provider. */
  setProvider(name: string, form: ProviderForm): Promise<Provider> {
    return this.http.json(`${BASE}/providers${path(name)}`, { method: "PUT", json: form });
  }

  /** Remove a provider. */
  removeProvider(name: string): Promise<void> {
    return this.http.json(`${BASE}/providers${path(name)}`, { method: "DELETE" });
  }
}
