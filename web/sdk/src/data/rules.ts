import type { Http } from "../http.js";
import type { RuleAnswer, RuleFinding, RuleQuestion } from "./definition.js";

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
}
