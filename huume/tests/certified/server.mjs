// Runs npm oidc-provider for the journeys, on 127.0.0.1 only. certified_provider.py starts it as
//   node server.mjs FOLDER          FOLDER holds node_modules
// Standard input: one line of JSON (okta_like, par, claims_in_id_token, clients, people, port), then a line "rotate" for
// each new signing key; its end ends the server. Standard output: {"port": n} once it listens, {"kid": "..."} for
// each rotation. Okta-like strips `iss` from redirects only: response_mode=form_post keeps it.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const installed = createRequire(pathToFileURL(`${process.argv[2]}/`));
const load = (name) => import(pathToFileURL(installed.resolve(name)));
const { Provider, interactionPolicy } = await load('oidc-provider');
const { createMemoryAdapter } = await load('oidc-provider/lib/adapters/memory_adapter.js');

const lines = createInterface({ input: process.stdin });
lines.once('close', () => process.exit(0));
const config = JSON.parse((await once(lines, 'line'))[0]);
const people = new Map(config.people.map((person) => [person.sub, person]));
const tell = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

const CLAIMS = {
  profile: ['name', 'given_name', 'family_name', 'preferred_username'],
  email: ['email', 'email_verified'],
  phone: ['phone_number'],
};
// All that Okta's org authorization server puts into an ID token beside a code.
const THIN = ['name', 'email', 'preferred_username'];
const NOT_ASSIGNED = 'User is not assigned to the client application.';

function claimsOf(person, use, scope) {
  const known = { preferred_username: person.email, ...person };
  const asked = scope.split(' ').flatMap((name) => CLAIMS[name] ?? []);
  const wanted = config.okta_like && use === 'id_token' ? asked.filter((name) => THIN.includes(name)) : asked;
  const given = wanted.filter((name) => known[name] != null).map((name) => [name, known[name]]);
  return { sub: person.sub, ...Object.fromEntries(given) };
}

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text) => String(text).replace(/[&<>"]/g, (character) => ESCAPES[character]);

function page(ctx, title, content) {
  ctx.type = 'html';
  ctx.body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title></head>
<body><main><h1>${escaped(title)}</h1>${content}</main></body></html>`;
}

// What the provider asked of a person: the result of it, or undefined where the page asks first.
async function interact(ctx, provider) {
  const { prompt } = await provider.interactionDetails(ctx.req, ctx.res);
  if (prompt.name === 'not_assigned') return { error: 'access_denied', error_description: NOT_ASSIGNED };
  if (prompt.name === 'consent') return { consent: {} };
  if (ctx.method === 'POST') {
    const body = await new Response(ctx.req).text();
    return { login: { accountId: new URLSearchParams(body).get('sub') } };
  }
  const buttons = [...people.values()].map(({ sub, name, email }) => (
    `<p><button name="sub" value="${escaped(sub)}">${escaped(name ?? email ?? sub)}</button></p>`));
  page(ctx, 'Who is signing in?', `<form method="post">${buttons.join('\n')}</form>`);
  return undefined;
}

const OKTA_ERRORS = {
  E0000149: [406, 'The HTTP request is not acceptable'],
  E0000011: [401, 'Invalid token provided'],
  E0000006: [403, 'You do not have permission to perform the requested action'],
  E0000007: [404, 'Not found: Resource not found'],
};
const MY_ACCOUNT = {
  profile: { scope: 'okta.myAccount.profile.read', of: (person) => ({
    createdAt: '2024-01-14T20:05:32.000Z',
    modifiedAt: '2024-01-14T20:05:32.000Z',
    profile: {
      login: person.email,
      email: person.email,
      firstName: person.given_name,
      lastName: person.family_name,
      mobilePhone: person.phone_number ?? null,
    },
    _links: {},
  }) },
  emails: { scope: 'okta.myAccount.email.read', of: ({ sub, email, email_verified: verified }) => (email ? [{
    id: `e-${sub}`,
    status: verified ? 'VERIFIED' : 'UNVERIFIED',
    roles: ['PRIMARY'],
    profile: { email },
    _links: {},
  }] : []) },
  phones: { scope: 'okta.myAccount.phone.read', of: ({ sub, phone_number: phoneNumber }) => (phoneNumber ? [
    { id: `p-${sub}`, status: 'VERIFIED', profile: { phoneNumber }, _links: {} },
  ] : []) },
};

function oktaError(ctx, code) {
  const [status, errorSummary] = OKTA_ERRORS[code];
  ctx.status = status;
  const errorId = randomBytes(8).toString('hex');
  ctx.body = { errorCode: code, errorSummary, errorLink: code, errorId, errorCauses: [] };
}

async function myAccount(ctx, provider) {
  const resource = MY_ACCOUNT[ctx.path.slice('/idp/myaccount/'.length)];
  if (!resource || ctx.method !== 'GET') return oktaError(ctx, 'E0000007');
  if (!/^application\/json;\s*okta-version=1\.0\.0$/.test(ctx.get('accept'))) return oktaError(ctx, 'E0000149');
  const bearer = /^Bearer (\S+)$/.exec(ctx.get('authorization'));
  const token = bearer && await provider.AccessToken.find(bearer[1]);
  if (!token) return oktaError(ctx, 'E0000011');
  if (!token.scopes.has(resource.scope)) return oktaError(ctx, 'E0000006');
  ctx.body = JSON.stringify(resource.of(people.get(token.accountId)));
  ctx.set('content-type', 'application/json;okta-version=1.0.0');
}

function stripIss(ctx, issuer) {
  if (ctx.path === '/.well-known/openid-configuration') delete ctx.body.authorization_response_iss_parameter_supported;
  const location = ctx.response.get('location');
  const target = location && new URL(location, issuer);
  if (!target || target.origin === issuer || !target.searchParams.has('iss')) return;
  target.searchParams.delete('iss');
  ctx.redirect(target.href);
}

async function allOfIt({ oidc }) {
  const { provider, session, client, account, requestParamOIDCScopes, requestParamClaims } = oidc;
  const existing = session.grantIdFor(client.clientId);
  const grant = (existing && await provider.Grant.find(existing))
    || new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope([...requestParamOIDCScopes].join(' '));
  grant.addOIDCClaims([...requestParamClaims]);
  await grant.save();
  return grant;
}

function policy() {
  const { Check, Prompt, base } = interactionPolicy;
  const prompts = base();
  // After "login": like Okta's, the session stays, so asking again is refused again until prompt=login.
  const unassigned = ({ oidc }) => people.get(oidc.session.accountId)?.assigned === false;
  const check = new Check('not_assigned', NOT_ASSIGNED, 'access_denied', unassigned);
  prompts.add(new Prompt({ name: 'not_assigned' }, check), 1);
  return prompts;
}

const keys = [];
const cookieKeys = [randomBytes(32).toString('hex')];
const adapter = createMemoryAdapter();

function addKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = randomBytes(8).toString('hex');
  keys.unshift({ ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' });
}

// Browsers share cookies between the ports of a host: two of these servers must not share names.
function cookies(port) {
  const names = Object.fromEntries(['interaction', 'resume', 'session'].map((name) => [name, `${name}_${port}`]));
  return { keys: cookieKeys, names };
}

// Where applications publish their keys is on this machine: the library's guard would refuse loopback, and not every
// resolver knows names under localhost.
function fetchHere(url) {
  const { host, port, pathname: path } = new URL(url);
  const headers = { host, accept: 'application/json', connection: 'close' };
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers }, async (answer) => {
      const named = Object.entries(answer.headers).filter(([, value]) => typeof value === 'string');
      resolve(new Response(await text(answer), { status: answer.statusCode, headers: named }));
    }).on('error', reject);
  });
}

function configuration(port) {
  const v1 = (name) => `/oauth2/v1/${name}`;
  return {
    adapter,
    claims: { openid: ['sub', ...(config.okta_like ? THIN : [])], ...CLAIMS },
    clientDefaults: { token_endpoint_auth_method: 'client_secret_post' },
    clients: config.clients,
    conformIdTokenClaims: !config.claims_in_id_token,
    cookies: cookies(port),
    features: {
      devInteractions: { enabled: false },
      pushedAuthorizationRequests: { enabled: config.par },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => page(ctx, 'Sign out?', `${form}
<button form="op.logoutForm" name="logout" value="yes">Yes, sign me out</button>`),
        postLogoutSuccessSource: (ctx) => page(ctx, 'Signed out', ''),
      },
    },
    fetch: fetchHere,
    findAccount: (_ctx, sub) => (people.has(sub)
      ? { accountId: sub, claims: (use, scope) => claimsOf(people.get(sub), use, scope) } : undefined),
    interactions: { policy: policy(), url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    jwks: { keys },
    loadExistingGrant: allOfIt,
    pkce: { required: () => true },
    renderError: (ctx, out) => page(ctx, out.error, `<p>${escaped(out.error_description ?? '')}</p>`),
    routes: {
      authorization: v1('authorize'), token: v1('token'), jwks: v1('keys'), userinfo: v1('userinfo'),
      end_session: v1('logout'), pushed_authorization_request: v1('par'),
    },
    scopes: ['openid', ...(config.okta_like ? Object.values(MY_ACCOUNT).map(({ scope }) => scope) : [])],
    ttl: { AccessToken: 3600, Grant: 86400, IdToken: 3600, Interaction: 3600, Session: 86400 },
  };
}

async function start(port) {
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, configuration(port));
  provider.on('server_error', (_ctx, error) => console.error(error));
  provider.use(async (ctx, next) => {
    if (config.okta_like && ctx.path.startsWith('/idp/myaccount/')) return myAccount(ctx, provider);
    if (!ctx.path.startsWith('/interaction/')) {
      await next();
      if (config.okta_like) stripIss(ctx, issuer);
      return undefined;
    }
    const result = await interact(ctx, provider);
    if (result) {
      ctx.status = 303;
      ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
    }
    return undefined;
  });
  // The library looks at a client when it is first used; a mistake in one should show at once.
  for (const { client_id: id } of config.clients) await provider.Client.find(id);
  return provider.callback();
}

addKey();
let handle;
const server = createServer((request, response) => handle(request, response));
server.listen(config.port, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
handle = await start(port);
lines.on('line', async (line) => {
  if (line !== 'rotate') return;
  addKey();
  handle = await start(port);
  tell({ kid: keys[0].kid });
});
tell({ port });
