// An OpenID Connect provider to sign in with in tests; whoever names an account is signed in.
// Arguments: its port, where browsers go back to, and the folder in which oidc-provider is
// installed. Accounts are e-mail addresses; one that begins with "unverified" is not verified.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [port, back, folder] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/package.json`));
const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    { client_id: "bailey", client_secret: "a secret for tests alone", redirect_uris: [back] },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  cookies: { keys: ["a key for tests alone"] },
  pkce: { required: () => true },
  async findAccount(_, id) {
    return {
      accountId: id,
      claims: () => ({
        sub: `subject of ${id}`,
        email: id.replace(/^unverified-/, ""),
        email_verified: !id.startsWith("unverified-"),
      }),
    };
  },
});
provider.listen(Number(port), "127.0.0.1");
