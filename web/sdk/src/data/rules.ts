import type { Http } from "../http.js";
import type { Rule, RuleAnswer, RuleFinding, RuleQuestion } from "./definition.js";

/** The rules of what is no collection; null where none was set. */
export interface SpecialRules {
  files: { read: Rule | null; create: Rule | null; update: Rule | null; delete: Rule | null };
  channels: { join: Rule | null; publish: Rule | null };
}

const BASE = "/api/rules";

/** Why the tenant's rules allow or refuse. Nothing is changed; all of it needs an API key. */
export class RuleBook {
  constructor(private readonly http: Http) {}

  /** What would become of a request, and why. */
  explain(question: RuleQuestion): Promise<RuleAnswer> {
    return this.http.json(`${BASE}/explain`, { method: "POST", json: question });
  }

  /** What deserves a look: who can read or change what, and what a rule trusts. */
  async lint(): Promise<RuleFinding[]> {
    return (await this.http.json<{ items: RuleFinding[] }>(`${BASE}/lint`)).items;
  }

  /** The rules of files and channels. */
  special(): Promise<SpecialRules> {
    return this.http.json(BASE);
  }

  /** Merge into the rules of files and channels; null takes one away. */
  setSpecial(rules: { [K in keyof SpecialRules]?: Partial<SpecialRules[K]> }): Promise<SpecialRules> {
    return this.http.json(BASE, { method: "PATCH", json: rules });
  }
}
