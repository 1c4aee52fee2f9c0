// A certified OpenID provider, as a process of its own. Arguments: its port, and the address that it may lead back to.
// Whoever signs in is the account that is typed; the password is not looked at. Addresses that begin with "unsure" are
// not confirmed.
import { Provider } from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [
    { client_id: "board", client_secret: "secret of the board", redirect_uris: [redirect], grant_types: ["authorization_code"] },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: !id.startsWith("unsure"), name: id }),
  }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log(`listening at ${issuer}`));
