// AIsoule as a client of a provider (npm openid-client): `node client.mjs SETTINGS`, JSON: {"issuer", "client_id",
// "client_secret", "redirect_uri" (on this machine: it listens there), "scope", "auth": "basic|post", "post_logout_uri"}.
// Prints a JSON object a line: {"event": "authorize", "url"} for a browser to follow; when it has come back, the outcome of
// everything that a client does: {"event": "done", "claims", "userinfo", "refreshed", "introspection", "revoked", "logout"},
// or {"event": "failed", "error", "detail"}. It waits for a minute.
import { createServer } from 'node:http';
import * as client from 'openid-client';

const settings = JSON.parse(process.argv[2]);
const say = (line) => console.log(JSON.stringify(line));
const timer = setTimeout(() => { say({ event: 'failed', error: 'timeout', detail: 'nobody came back' }); process.exit(2); }, settings.patience ?? 60_000);

async function main() {
  const issuer = new URL(settings.issuer);
  const auth = settings.auth === 'post' ? client.ClientSecretPost(settings.client_secret) : client.ClientSecretBasic(settings.client_secret);
  // Plain HTTP is for this machine alone.
  const execute = issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [];
  const config = await client.discovery(issuer, settings.client_id, undefined, auth, { execute });
  const redirect = new URL(settings.redirect_uri);
  const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: settings.redirect_uri,
    scope: settings.scope ?? 'openid email profile',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...settings.parameters,
  });
  const back = new Promise((resolve) => {
    const server = createServer((request, response) => {
      const here = new URL(request.url, redirect);
      if (here.pathname !== redirect.pathname) return response.writeHead(404).end();
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html><title>AIsoule</title><p>The client has what it came for.</p>');
      server.close();
      resolve(here);
    });
    server.listen(Number(redirect.port), redirect.hostname, () => say({ event: 'authorize', url: url.href }));
  });
  const tokens = await client.authorizationCodeGrant(config, await back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true });
  const claims = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const attempt = async (work) => { try { return await work(); } catch (error) { return { error: error.error ?? error.code ?? error.message, status: error.status }; } };
  const refreshed = tokens.refresh_token ? await attempt(() => client.refreshTokenGrant(config, tokens.refresh_token)) : null;
  const access = refreshed?.access_token ?? tokens.access_token;
  const introspection = await attempt(() => client.tokenIntrospection(config, access));
  // A refresh token that was used already is one that somebody stole.
  const reused = refreshed?.refresh_token && settings.reuse ? await attempt(() => client.refreshTokenGrant(config, tokens.refresh_token)) : null;
  const last = refreshed?.refresh_token ?? tokens.refresh_token;
  const revoked = last ? await attempt(async () => { await client.tokenRevocation(config, last); return true; }) : null;
  const after = last ? await attempt(() => client.refreshTokenGrant(config, last)) : null;
  const afterwards = await attempt(() => client.tokenIntrospection(config, access));
  const logout = config.serverMetadata().end_session_endpoint
    ? client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, ...(settings.post_logout_uri && { post_logout_redirect_uri: settings.post_logout_uri }) }).href
    : null;
  say({
    event: 'done', claims, userinfo, scope: tokens.scope, expires_in: tokens.expires_in, refreshed: refreshed && (refreshed.error ?? true), rotated: Boolean(refreshed?.refresh_token && refreshed.refresh_token !== tokens.refresh_token),
    introspection, reused: reused && (reused.error ?? 'was taken'), revoked, after: after && (after.error ?? 'was taken'), afterwards, logout,
  });
}

try {
  await main();
} catch (error) {
  say({ event: 'failed', error: error.error ?? error.code ?? error.name, detail: error.error_description ?? error.cause?.message ?? error.message });
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
}
