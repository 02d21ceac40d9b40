-- Signing in: sessions, passwords, second factors, connections to providers, the bridge as a provider, and mail.

-- Whether everybody but the protected signs in through a connection.
ALTER TABLE workspaces ADD COLUMN sso_enforced BOOLEAN NOT NULL DEFAULT FALSE;
-- A password that somebody else chose: it opens the page for a new one and nothing else.
ALTER TABLE users ADD COLUMN must_change_password BOOLEAN NOT NULL DEFAULT FALSE;
-- When they were told how they log in; nobody is told twice.
ALTER TABLE users ADD COLUMN welcomed_at TEXT;

-- Who may log in with an address, in whichever workspace.
CREATE INDEX users_login ON users (email_key) WHERE deleted_at IS NULL AND email_key IS NOT NULL;

-- Sessions of people in their browsers. stage: full, or what is missing before it is.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    token_hash BLOB NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('full', 'second_factor', 'new_password')),
    door TEXT NOT NULL CHECK (door IN ('password', 'link', 'sso')),
    connection_id BLOB,
    issuer TEXT,
    subject TEXT,
    sid TEXT,
    id_token BLOB,
    email_vouched BOOLEAN NOT NULL,
    has_second_factor BOOLEAN NOT NULL,
    address TEXT,
    user_agent TEXT,
    created_at TEXT NOT NULL,
    authenticated_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
);
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_workspace ON sessions (workspace_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_provider ON sessions (connection_id, subject) WHERE connection_id IS NOT NULL;
CREATE INDEX sessions_sid ON sessions (connection_id, sid) WHERE sid IS NOT NULL;

-- Links that let somebody set a password, once. purpose: welcome, reset.
CREATE TABLE password_links (
    token_hash BLOB NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('welcome', 'reset')),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
);
CREATE INDEX password_links_user ON password_links (user_id);
CREATE INDEX password_links_workspace ON password_links (workspace_id);
CREATE INDEX password_links_expiry ON password_links (expires_at);

-- How often something failed: an account, an address, both together.
CREATE TABLE throttles (
    key TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    blocked_until TEXT,
    updated_at TEXT NOT NULL
);
CREATE INDEX throttles_age ON throttles (updated_at);

-- Time-based one-time passwords. recovery: a JSON array of hashes.
CREATE TABLE second_factors (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    secret BLOB NOT NULL,
    last_step INTEGER NOT NULL,
    recovery TEXT NOT NULL,
    created_at TEXT NOT NULL,
    confirmed_at TEXT
);

-- Connections to the providers through which people sign in. endpoints, scopes: JSON.
CREATE TABLE connections (
    id BLOB NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('okta', 'entra', 'google', 'github', 'oidc')),
    issuer TEXT NOT NULL,
    endpoints TEXT NOT NULL,
    client_id TEXT NOT NULL,
    auth_method TEXT NOT NULL CHECK (auth_method IN ('client_secret_basic', 'client_secret_post', 'private_key_jwt')),
    secret BLOB,
    scopes TEXT NOT NULL,
    groups_claim TEXT,
    roles_claim TEXT,
    trusts_email BOOLEAN NOT NULL,
    jit BOOLEAN NOT NULL,
    default_role_id BLOB REFERENCES roles (id),
    enabled BOOLEAN NOT NULL,
    admin_came_in_at TEXT,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE UNIQUE INDEX connections_name ON connections (workspace_id, name_key);

-- Domains of a workspace. Only a proved one counts, and only one workspace can have proved it.
CREATE TABLE domains (
    id BLOB NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    domain TEXT NOT NULL,
    connection_id BLOB REFERENCES connections (id),
    challenge TEXT NOT NULL,
    sso_enforced BOOLEAN NOT NULL,
    proved_at TEXT,
    checked_at TEXT,
    problem TEXT,
    created_at TEXT NOT NULL
);
CREATE UNIQUE INDEX domains_workspace ON domains (workspace_id, domain);
CREATE UNIQUE INDEX domains_proved ON domains (domain) WHERE proved_at IS NOT NULL;
CREATE INDEX domains_connection ON domains (connection_id) WHERE connection_id IS NOT NULL;

-- Whom a provider's subject is. linked_by: external_id, email, jit.
CREATE TABLE identities (
    connection_id BLOB NOT NULL REFERENCES connections (id),
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    linked_by TEXT NOT NULL CHECK (linked_by IN ('external_id', 'email', 'jit')),
    created_at TEXT NOT NULL,
    last_login_at TEXT NOT NULL,
    PRIMARY KEY (connection_id, issuer, subject)
);
CREATE INDEX identities_user ON identities (user_id);

-- Sign-ins that went to a provider and are not back. sealed: nonce, verifier, where to go afterwards.
CREATE TABLE login_flows (
    state_hash BLOB NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    connection_id BLOB NOT NULL REFERENCES connections (id),
    connection_version INTEGER NOT NULL,
    browser_hash BLOB NOT NULL,
    sealed BLOB NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
);
CREATE INDEX login_flows_expiry ON login_flows (expires_at);
CREATE INDEX login_flows_connection ON login_flows (connection_id);

-- Logout tokens that were used.
CREATE TABLE logout_tokens (
    connection_id BLOB NOT NULL REFERENCES connections (id),
    jti TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (connection_id, jti)
);
CREATE INDEX logout_tokens_expiry ON logout_tokens (expires_at);

-- Programs that people sign in to through the bridge: AIsoule. redirect_uris, post_logout_uris: JSON arrays.
CREATE TABLE login_clients (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    redirect_uris TEXT NOT NULL,
    post_logout_uris TEXT NOT NULL,
    backchannel_logout_uri TEXT,
    created_at TEXT NOT NULL,
    last_used_at TEXT,
    revoked_at TEXT
);
CREATE INDEX login_clients_workspace ON login_clients (workspace_id);

-- What a client was given in one sign-in of one person. It dies with the session; one that is offline outlives the
-- session's limits, and nothing else. amr: how they signed in, names with spaces between them. proved_email: the address
-- that they had shown to be theirs, as it is compared.
CREATE TABLE grants (
    id BLOB NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    client_id TEXT NOT NULL REFERENCES login_clients (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    session_id BLOB NOT NULL,
    scope TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL,
    nonce TEXT,
    amr TEXT NOT NULL,
    proved_email TEXT,
    offline BOOLEAN NOT NULL,
    authenticated_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
);
CREATE INDEX grants_session ON grants (session_id);
CREATE INDEX grants_workspace ON grants (workspace_id);
CREATE INDEX grants_user ON grants (user_id);
CREATE INDEX grants_client ON grants (client_id);
CREATE INDEX grants_expiry ON grants (expires_at);

-- Codes, access tokens and refresh tokens of a grant, by their hash.
CREATE TABLE grant_tokens (
    hash BLOB NOT NULL PRIMARY KEY,
    grant_id BLOB NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('code', 'access', 'refresh')),
    scope TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT
);
CREATE INDEX grant_tokens_grant ON grant_tokens (grant_id);
CREATE INDEX grant_tokens_expiry ON grant_tokens (expires_at);

-- Clients that are still to be told that a session ended (OpenID Connect Back-Channel Logout).
CREATE TABLE logout_notices (
    id BLOB NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    client_id TEXT NOT NULL REFERENCES login_clients (id),
    user_id BLOB NOT NULL,
    session_id BLOB NOT NULL,
    attempts INTEGER NOT NULL,
    due_at TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX logout_notices_due ON logout_notices (due_at);

-- Until when a key that no longer signs is still published, and from when a new one signs.
ALTER TABLE signing_keys ADD COLUMN signs_from TEXT;
ALTER TABLE signing_keys ADD COLUMN retired_at TEXT;

-- Mail that waits to be sent, was sent, or never will be. parameters: a JSON object without secrets. rank: 0 goes before 1.
-- leased_until: until when somebody is sending it.
CREATE TABLE mails (
    id BLOB NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    user_id BLOB REFERENCES users (id),
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    parameters TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'dropped')),
    rank INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due_at TEXT NOT NULL,
    leased_until TEXT,
    give_up_at TEXT NOT NULL,
    problem TEXT,
    created_at TEXT NOT NULL,
    done_at TEXT
);
CREATE INDEX mails_due ON mails (rank, due_at, id) WHERE state = 'queued';
CREATE INDEX mails_done ON mails (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX mails_workspace ON mails (workspace_id, id);
CREATE INDEX mails_user ON mails (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX mails_welcomed ON mails (workspace_id, recipient) WHERE kind = 'welcome' AND state = 'sent';

-- How many days before its end the Admins were last told of it: 14, 3, 0.
ALTER TABLE tokens ADD COLUMN told_days INTEGER;
CREATE INDEX tokens_end ON tokens (expires_at) WHERE revoked_at IS NULL AND expires_at IS NOT NULL;
