import { type Http, path } from "./http.js";

/** What a tenant's developer decides for the whole tenant. */
export interface Settings {
  appName: string;
  appUrl: string;
  defaultRules: "authenticated" | "owner" | "nobody";
  accounts: {
    signUp: "open" | "closed";
    verification: "off" | "offered" | "required";
    codeLogin: "off" | "known" | "anybody";
    guests: boolean;
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
}
