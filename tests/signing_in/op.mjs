// A certified OpenID Provider (npm oidc-provider) with accounts in memory: `node op.mjs PORT [SETTINGS]`, where SETTINGS
// is JSON or `@file`: {"clients": […], "accounts": {"anna": {"email": …}}, "claimsInIdToken": true}. It prints `ready`
// when it serves, and lives until its input closes or it is told to end.
import { readFileSync } from 'node:fs';
import * as jose from 'jose';
import Provider from 'oidc-provider';

const [port = '0', settings = '{}'] = process.argv.slice(2);
const { clients, accounts, claimsInIdToken = false, consent = false } = JSON.parse(
  settings.startsWith('@') ? readFileSync(settings.slice(1), 'utf8') : settings,
);
const issuer = `http://127.0.0.1:${port}`;

const people = accounts ?? {
  anna: { email: 'anna@acme.example', email_verified: true, name: 'Anna Larsson', groups: ['Support', 'Everyone'] },
  ben: { email: 'ben@acme.example', email_verified: false, name: 'Ben Okri', groups: [] },
};

const keys = await Promise.all(['RS256', 'ES256'].map(async (alg) => {
  const { privateKey } = await jose.generateKeyPair(alg, { extractable: true });
  return { ...(await jose.exportJWK(privateKey)), alg, use: 'sig', kid: `tests-${alg}` };
}));

const provider = new Provider(issuer, {
  clients: (clients ?? [{ client_id: 'bridge', client_secret: 'a-secret-of-the-tests', redirect_uris: ['http://127.0.0.1:8080/cb'] }])
    .map((client) => ({ grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], ...client })),
  jwks: { keys },
  cookies: { keys: ['of the tests alone'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  scopes: ['openid', 'email', 'profile', 'groups', 'offline_access'],
  conformIdTokenClaims: !claimsInIdToken,
  pkce: { required: () => true },
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  features: {
    devInteractions: { enabled: true },
    backchannelLogout: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  async findAccount(_, id) {
    const claims = people[id];
    return claims && { accountId: id, claims: async () => ({ sub: id, ...claims }) };
  },
  // Nobody is asked whether they agree, unless a test wants to see that page.
  async loadExistingGrant(ctx) {
    const known = ctx.oidc.result?.consent?.grantId ?? ctx.oidc.session.grantIdFor(ctx.oidc.client.clientId);
    if (known) return ctx.oidc.provider.Grant.find(known);
    if (consent) return undefined;
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid email profile groups offline_access');
    await grant.save();
    return grant;
  },
  issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
  ttl: { AccessToken: 300, AuthorizationCode: 60, IdToken: 300, RefreshToken: 3600, Session: 3600, Grant: 3600, Interaction: 600 },
});

for (const event of ['server_error', 'authorization.error', 'grant.error', 'backchannel.error']) {
  provider.on(event, (...said) => console.error(event, ...said.filter((one) => one instanceof Error).map((one) => one.error_description ?? one.message)));
}
provider.on('backchannel.success', (_, client) => console.error('backchannel.success', client.clientId));

const server = provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
process.stdin.on('end', () => process.exit(0)).resume();
process.on('SIGTERM', () => server.close(() => process.exit(0)));
