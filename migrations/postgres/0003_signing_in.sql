-- Signing in: sessions, passwords, second factors, connections to providers, the bridge as a provider, and mail.

-- Whether everybody but the protected signs in through a connection.
ALTER TABLE workspaces ADD COLUMN sso_enforced BOOLEAN NOT NULL DEFAULT FALSE;
-- A password that somebody else chose: it opens the page for a new one and nothing else.
ALTER TABLE users ADD COLUMN must_change_password BOOLEAN NOT NULL DEFAULT FALSE;
-- When they were told how they log in; nobody is told twice.
ALTER TABLE users ADD COLUMN welcomed_at TIMESTAMPTZ;

-- Who may log in with an address, in whichever workspace.
CREATE INDEX users_login ON users (email_key) WHERE deleted_at IS NULL AND email_key IS NOT NULL;

-- Sessions of people in their browsers. stage: full, or what is missing before it is.
CREATE TABLE sessions (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    user_id UUID NOT NULL REFERENCES users (id),
    token_hash BYTEA NOT NULL,
    stage TEXT COLLATE "C" NOT NULL CHECK (stage IN ('full', 'second_factor', 'new_password')),
    door TEXT COLLATE "C" NOT NULL CHECK (door IN ('password', 'link', 'sso')),
    connection_id UUID,
    issuer TEXT COLLATE "C",
    subject TEXT COLLATE "C",
    sid TEXT COLLATE "C",
    id_token BYTEA,
    email_vouched BOOLEAN NOT NULL,
    has_second_factor BOOLEAN NOT NULL,
    address TEXT COLLATE "C",
    user_agent TEXT COLLATE "C",
    created_at TIMESTAMPTZ NOT NULL,
    authenticated_at TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_workspace ON sessions (workspace_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_provider ON sessions (connection_id, subject) WHERE connection_id IS NOT NULL;
CREATE INDEX sessions_sid ON sessions (connection_id, sid) WHERE sid IS NOT NULL;

-- Links that let somebody set a password, once. purpose: welcome, reset.
CREATE TABLE password_links (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    user_id UUID NOT NULL REFERENCES users (id),
    purpose TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('welcome', 'reset')),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX password_links_user ON password_links (user_id);
CREATE INDEX password_links_workspace ON password_links (workspace_id);
CREATE INDEX password_links_expiry ON password_links (expires_at);

-- How often something failed: an account, an address, both together.
CREATE TABLE throttles (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    blocked_until TIMESTAMPTZ,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX throttles_age ON throttles (updated_at);

-- Time-based one-time passwords. recovery: a JSON array of hashes.
CREATE TABLE second_factors (
    user_id UUID NOT NULL PRIMARY KEY REFERENCES users (id),
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    secret BYTEA NOT NULL,
    last_step BIGINT NOT NULL,
    recovery TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    confirmed_at TIMESTAMPTZ
);

-- Connections to the providers through which people sign in. endpoints, scopes: JSON.
CREATE TABLE connections (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('okta', 'entra', 'google', 'github', 'oidc')),
    issuer TEXT COLLATE "C" NOT NULL,
    endpoints TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    auth_method TEXT COLLATE "C" NOT NULL CHECK (auth_method IN ('client_secret_basic', 'client_secret_post', 'private_key_jwt')),
    secret BYTEA,
    scopes TEXT COLLATE "C" NOT NULL,
    groups_claim TEXT COLLATE "C",
    roles_claim TEXT COLLATE "C",
    trusts_email BOOLEAN NOT NULL,
    jit BOOLEAN NOT NULL,
    default_role_id UUID REFERENCES roles (id),
    enabled BOOLEAN NOT NULL,
    admin_came_in_at TIMESTAMPTZ,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX connections_name ON connections (workspace_id, name_key);

-- Domains of a workspace. Only a proved one counts, and only one workspace can have proved it.
CREATE TABLE domains (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    domain TEXT COLLATE "C" NOT NULL,
    connection_id UUID REFERENCES connections (id),
    challenge TEXT COLLATE "C" NOT NULL,
    sso_enforced BOOLEAN NOT NULL,
    proved_at TIMESTAMPTZ,
    checked_at TIMESTAMPTZ,
    problem TEXT COLLATE "C",
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX domains_workspace ON domains (workspace_id, domain);
CREATE UNIQUE INDEX domains_proved ON domains (domain) WHERE proved_at IS NOT NULL;
CREATE INDEX domains_connection ON domains (connection_id) WHERE connection_id IS NOT NULL;

-- Whom a provider's subject is. linked_by: external_id, email, jit.
CREATE TABLE identities (
    connection_id UUID NOT NULL REFERENCES connections (id),
    issuer TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    user_id UUID NOT NULL REFERENCES users (id),
    linked_by TEXT COLLATE "C" NOT NULL CHECK (linked_by IN ('external_id', 'email', 'jit')),
    created_at TIMESTAMPTZ NOT NULL,
    last_login_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (connection_id, issuer, subject)
);
CREATE INDEX identities_user ON identities (user_id);

-- Sign-ins that went to a provider and are not back. sealed: nonce, verifier, where to go afterwards.
CREATE TABLE login_flows (
    state_hash BYTEA NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    connection_id UUID NOT NULL REFERENCES connections (id),
    connection_version BIGINT NOT NULL,
    browser_hash BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX login_flows_expiry ON login_flows (expires_at);
CREATE INDEX login_flows_connection ON login_flows (connection_id);

-- Logout tokens that were used.
CREATE TABLE logout_tokens (
    connection_id UUID NOT NULL REFERENCES connections (id),
    jti TEXT COLLATE "C" NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (connection_id, jti)
);
CREATE INDEX logout_tokens_expiry ON logout_tokens (expires_at);

-- Programs that people sign in to through the bridge: AIsoule. redirect_uris, post_logout_uris: JSON arrays.
CREATE TABLE login_clients (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    name TEXT COLLATE "C" NOT NULL,
    secret_hash BYTEA NOT NULL,
    redirect_uris TEXT COLLATE "C" NOT NULL,
    post_logout_uris TEXT COLLATE "C" NOT NULL,
    backchannel_logout_uri TEXT COLLATE "C",
    created_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX login_clients_workspace ON login_clients (workspace_id);

-- What a client was given in one sign-in of one person. It dies with the session; one that is offline outlives the
-- session's limits, and nothing else. amr: how they signed in, names with spaces between them. proved_email: the address
-- that they had shown to be theirs, as it is compared.
CREATE TABLE grants (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    client_id TEXT COLLATE "C" NOT NULL REFERENCES login_clients (id),
    user_id UUID NOT NULL REFERENCES users (id),
    session_id UUID NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    redirect_uri TEXT COLLATE "C" NOT NULL,
    challenge TEXT COLLATE "C" NOT NULL,
    nonce TEXT COLLATE "C",
    amr TEXT COLLATE "C" NOT NULL,
    proved_email TEXT COLLATE "C",
    offline BOOLEAN NOT NULL,
    authenticated_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX grants_session ON grants (session_id);
CREATE INDEX grants_workspace ON grants (workspace_id);
CREATE INDEX grants_user ON grants (user_id);
CREATE INDEX grants_client ON grants (client_id);
CREATE INDEX grants_expiry ON grants (expires_at);

-- Codes, access tokens and refresh tokens of a grant, by their hash.
CREATE TABLE grant_tokens (
    hash BYTEA NOT NULL PRIMARY KEY,
    grant_id UUID NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('code', 'access', 'refresh')),
    scope TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);
CREATE INDEX grant_tokens_grant ON grant_tokens (grant_id);
CREATE INDEX grant_tokens_expiry ON grant_tokens (expires_at);

-- Clients that are still to be told that a session ended (OpenID Connect Back-Channel Logout).
CREATE TABLE logout_notices (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    client_id TEXT COLLATE "C" NOT NULL REFERENCES login_clients (id),
    user_id UUID NOT NULL,
    session_id UUID NOT NULL,
    attempts BIGINT NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX logout_notices_due ON logout_notices (due_at);

-- Until when a key that no longer signs is still published, and from when a new one signs.
ALTER TABLE signing_keys ADD COLUMN signs_from TIMESTAMPTZ;
ALTER TABLE signing_keys ADD COLUMN retired_at TIMESTAMPTZ;

-- Mail that waits to be sent, was sent, or never will be. parameters: a JSON object without secrets. rank: 0 goes before 1.
-- leased_until: until when somebody is sending it.
CREATE TABLE mails (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    user_id UUID REFERENCES users (id),
    kind TEXT COLLATE "C" NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    parameters TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'dropped')),
    rank BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    leased_until TIMESTAMPTZ,
    give_up_at TIMESTAMPTZ NOT NULL,
    problem TEXT COLLATE "C",
    created_at TIMESTAMPTZ NOT NULL,
    done_at TIMESTAMPTZ
);
CREATE INDEX mails_due ON mails (rank, due_at, id) WHERE state = 'queued';
CREATE INDEX mails_done ON mails (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX mails_workspace ON mails (workspace_id, id);
CREATE INDEX mails_user ON mails (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX mails_welcomed ON mails (workspace_id, recipient) WHERE kind = 'welcome' AND state = 'sent';

-- How many days before its end the Admins were last told of it: 14, 3, 0.
ALTER TABLE tokens ADD COLUMN told_days BIGINT;
CREATE INDEX tokens_end ON tokens (expires_at) WHERE revoked_at IS NULL AND expires_at IS NOT NULL;
