-- The directory: workspaces, roles, users, groups; who may call SCIM; what happened.
-- Columns named *_key hold the folded form of their neighbour; folding is done by the bridge, never here.

CREATE TABLE workspaces (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    plan TEXT COLLATE "C" NOT NULL,
    seats BIGINT,
    seat_policy TEXT COLLATE "C" NOT NULL,
    scim_passwords BOOLEAN NOT NULL,
    seats_used BIGINT NOT NULL CHECK (seats_used >= 0),
    users BIGINT NOT NULL CHECK (users >= 0),
    groups BIGINT NOT NULL CHECK (groups >= 0),
    nested BIGINT NOT NULL CHECK (nested >= 0),
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX workspaces_name ON workspaces (name_key);

CREATE TABLE roles (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    is_system BOOLEAN NOT NULL,
    is_default BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX roles_name ON roles (workspace_id, name_key);

-- attributes and organization are JSON that is given out as it stands; JSONB would write it anew each time.
CREATE TABLE users (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    user_name TEXT COLLATE "C" NOT NULL,
    user_name_key TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C",
    display_name TEXT COLLATE "C",
    display_name_key TEXT COLLATE "C",
    email TEXT COLLATE "C",
    email_key TEXT COLLATE "C",
    manager_id UUID REFERENCES users (id),
    attributes TEXT COLLATE "C" NOT NULL,
    organization TEXT COLLATE "C",
    keys JSONB NOT NULL,
    standing TEXT COLLATE "C" NOT NULL CHECK (standing IN ('active', 'inactive', 'waiting')),
    waiting_since TIMESTAMPTZ,
    protected BOOLEAN NOT NULL,
    role_id UUID NOT NULL REFERENCES roles (id),
    role_source TEXT COLLATE "C" NOT NULL,
    password_hash TEXT COLLATE "C",
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ
);
-- What identity providers can't see does not stand in their way either: protected accounts have names of their own.
CREATE UNIQUE INDEX users_user_name ON users (workspace_id, protected, user_name_key) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX users_email ON users (workspace_id, protected, email_key) WHERE deleted_at IS NULL AND email_key IS NOT NULL;
CREATE UNIQUE INDEX users_external_id ON users (workspace_id, external_id) WHERE deleted_at IS NULL AND external_id IS NOT NULL;
CREATE INDEX users_visible ON users (workspace_id, id) WHERE deleted_at IS NULL AND protected = FALSE;
-- The id at the end of an index spares the sorting of what it finds.
CREATE INDEX users_display_name ON users (workspace_id, display_name_key, id);
CREATE INDEX users_created ON users (workspace_id, created_at);
CREATE INDEX users_updated ON users (workspace_id, updated_at);
CREATE INDEX users_waiting ON users (workspace_id, waiting_since, id) WHERE standing = 'waiting';
CREATE INDEX users_role ON users (workspace_id, role_id, standing);
CREATE INDEX users_manager ON users (manager_id, workspace_id, id) WHERE manager_id IS NOT NULL;

-- One row an element of a multi-valued attribute, for searching; the elements themselves stand in users.attributes.
CREATE TABLE user_values (
    user_id UUID NOT NULL REFERENCES users (id),
    attribute TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    workspace_id UUID NOT NULL,
    type_key TEXT COLLATE "C",
    value_key TEXT COLLATE "C",
    is_primary BOOLEAN,
    keys JSONB NOT NULL,
    PRIMARY KEY (user_id, attribute, position)
);
CREATE INDEX user_values_value ON user_values (workspace_id, attribute, value_key, user_id);

CREATE TABLE groups (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    display_name TEXT COLLATE "C" NOT NULL,
    display_name_key TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C",
    member_count BIGINT NOT NULL CHECK (member_count >= 0),
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX groups_external_id ON groups (workspace_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX groups_workspace ON groups (workspace_id, id);
CREATE INDEX groups_display_name ON groups (workspace_id, display_name_key, id);

CREATE TABLE group_members (
    group_id UUID NOT NULL REFERENCES groups (id),
    member_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('User', 'Group')),
    added_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (group_id, member_id)
);
CREATE INDEX group_members_member ON group_members (member_id, group_id);

CREATE TABLE tokens (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    name TEXT COLLATE "C" NOT NULL,
    hash BYTEA NOT NULL,
    hint TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    dialect TEXT COLLATE "C" NOT NULL,
    user_id UUID REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX tokens_hash ON tokens (hash);
CREATE INDEX tokens_workspace ON tokens (workspace_id);

CREATE TABLE oauth_clients (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    name TEXT COLLATE "C" NOT NULL,
    secret_hash BYTEA,
    keys JSONB,
    scope TEXT COLLATE "C" NOT NULL,
    dialect TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX oauth_clients_workspace ON oauth_clients (workspace_id);

-- Client assertions that were used: each is good once.
CREATE TABLE oauth_assertions (
    client_id TEXT COLLATE "C" NOT NULL,
    jti TEXT COLLATE "C" NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (client_id, jti)
);

-- Keys that sign access tokens, sealed under the master key; the public half follows from them.
CREATE TABLE signing_keys (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    private_key BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE audit_log (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id UUID,
    at TIMESTAMPTZ NOT NULL,
    actor_kind TEXT COLLATE "C" NOT NULL,
    actor_id TEXT COLLATE "C",
    actor_name TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C",
    request_id UUID NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    subject_name TEXT COLLATE "C" NOT NULL,
    changes JSONB NOT NULL
);
CREATE INDEX audit_log_workspace ON audit_log (workspace_id, seq);

CREATE TABLE outbox (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    event TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    payload JSONB NOT NULL
);

CREATE TABLE request_log (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id UUID NOT NULL,
    workspace_id UUID,
    at TIMESTAMPTZ NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    path TEXT COLLATE "C" NOT NULL,
    query TEXT COLLATE "C",
    status BIGINT NOT NULL,
    micros BIGINT NOT NULL,
    actor_kind TEXT COLLATE "C",
    actor_id TEXT COLLATE "C",
    actor_name TEXT COLLATE "C",
    address TEXT COLLATE "C",
    user_agent TEXT COLLATE "C",
    request_body TEXT COLLATE "C",
    response_body TEXT COLLATE "C",
    note TEXT COLLATE "C"
);
CREATE INDEX request_log_workspace ON request_log (workspace_id, seq);
