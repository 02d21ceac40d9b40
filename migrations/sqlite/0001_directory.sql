-- The directory: workspaces, roles, users, groups; who may call SCIM; what happened.
-- Columns named *_key hold the folded form of their neighbour; folding is done by the bridge, never here.

CREATE TABLE workspaces (
    id             BLOB    NOT NULL PRIMARY KEY,
    name           TEXT    NOT NULL,
    name_key       TEXT    NOT NULL,
    plan           TEXT    NOT NULL,
    seats          INTEGER,
    seat_policy    TEXT    NOT NULL,
    scim_passwords BOOLEAN NOT NULL,
    seats_used     INTEGER NOT NULL CHECK (seats_used >= 0),
    users          INTEGER NOT NULL CHECK (users >= 0),
    groups         INTEGER NOT NULL CHECK (groups >= 0),
    nested         INTEGER NOT NULL CHECK (nested >= 0),
    created_at     TEXT    NOT NULL
);
CREATE UNIQUE INDEX workspaces_name ON workspaces (name_key);

CREATE TABLE roles (
    id           BLOB    NOT NULL PRIMARY KEY,
    workspace_id BLOB    NOT NULL REFERENCES workspaces (id),
    name         TEXT    NOT NULL,
    name_key     TEXT    NOT NULL,
    is_system    BOOLEAN NOT NULL,
    is_default   BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX roles_name ON roles (workspace_id, name_key);

-- attributes and organization are JSON that is given out as it stands.
CREATE TABLE users (
    id               BLOB    NOT NULL PRIMARY KEY,
    workspace_id     BLOB    NOT NULL REFERENCES workspaces (id),
    user_name        TEXT    NOT NULL,
    user_name_key    TEXT    NOT NULL,
    external_id      TEXT,
    display_name     TEXT,
    display_name_key TEXT,
    email            TEXT,
    email_key        TEXT,
    manager_id       BLOB    REFERENCES users (id),
    attributes       TEXT    NOT NULL,
    organization     TEXT,
    keys             TEXT    NOT NULL,
    standing         TEXT    NOT NULL CHECK (standing IN ('active', 'inactive', 'waiting')),
    waiting_since    TEXT,
    protected        BOOLEAN NOT NULL,
    role_id          BLOB    NOT NULL REFERENCES roles (id),
    role_source      TEXT    NOT NULL,
    password_hash    TEXT,
    version          INTEGER NOT NULL,
    created_at       TEXT    NOT NULL,
    updated_at       TEXT    NOT NULL,
    deleted_at       TEXT
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
    user_id      BLOB    NOT NULL REFERENCES users (id),
    attribute    TEXT    NOT NULL,
    position     INTEGER NOT NULL,
    workspace_id BLOB    NOT NULL,
    type_key     TEXT,
    value_key    TEXT,
    is_primary   BOOLEAN,
    keys         TEXT    NOT NULL,
    PRIMARY KEY (user_id, attribute, position)
) WITHOUT ROWID;
CREATE INDEX user_values_value ON user_values (workspace_id, attribute, value_key, user_id);

CREATE TABLE groups (
    id               BLOB    NOT NULL PRIMARY KEY,
    workspace_id     BLOB    NOT NULL REFERENCES workspaces (id),
    display_name     TEXT    NOT NULL,
    display_name_key TEXT    NOT NULL,
    external_id      TEXT,
    member_count     INTEGER NOT NULL CHECK (member_count >= 0),
    version          INTEGER NOT NULL,
    created_at       TEXT    NOT NULL,
    updated_at       TEXT    NOT NULL
);
CREATE UNIQUE INDEX groups_external_id ON groups (workspace_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX groups_workspace ON groups (workspace_id, id);
CREATE INDEX groups_display_name ON groups (workspace_id, display_name_key, id);

CREATE TABLE group_members (
    group_id  BLOB NOT NULL REFERENCES groups (id),
    member_id BLOB NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('User', 'Group')),
    added_at  TEXT NOT NULL,
    PRIMARY KEY (group_id, member_id)
) WITHOUT ROWID;
CREATE INDEX group_members_member ON group_members (member_id, group_id);

CREATE TABLE tokens (
    id           BLOB NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    name         TEXT NOT NULL,
    hash         BLOB NOT NULL,
    hint         TEXT NOT NULL,
    scope        TEXT NOT NULL,
    dialect      TEXT NOT NULL,
    user_id      BLOB REFERENCES users (id),
    created_at   TEXT NOT NULL,
    expires_at   TEXT,
    last_used_at TEXT,
    revoked_at   TEXT
);
CREATE UNIQUE INDEX tokens_hash ON tokens (hash);
CREATE INDEX tokens_workspace ON tokens (workspace_id);

CREATE TABLE oauth_clients (
    id           TEXT NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    name         TEXT NOT NULL,
    secret_hash  BLOB,
    keys         TEXT,
    scope        TEXT NOT NULL,
    dialect      TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    last_used_at TEXT,
    revoked_at   TEXT
);
CREATE INDEX oauth_clients_workspace ON oauth_clients (workspace_id);

-- Client assertions that were used: each is good once.
CREATE TABLE oauth_assertions (
    client_id  TEXT NOT NULL,
    jti        TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (client_id, jti)
) WITHOUT ROWID;

-- Keys that sign access tokens, sealed under the master key; the public half follows from them.
CREATE TABLE signing_keys (
    id          TEXT NOT NULL PRIMARY KEY,
    private_key BLOB NOT NULL,
    created_at  TEXT NOT NULL
);

CREATE TABLE audit_log (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id BLOB,
    at           TEXT NOT NULL,
    actor_kind   TEXT NOT NULL,
    actor_id     TEXT,
    actor_name   TEXT NOT NULL,
    address      TEXT,
    request_id   BLOB NOT NULL,
    action       TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    subject_name TEXT NOT NULL,
    changes      TEXT NOT NULL
);
CREATE INDEX audit_log_workspace ON audit_log (workspace_id, seq);

CREATE TABLE outbox (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB NOT NULL,
    workspace_id BLOB NOT NULL,
    at           TEXT NOT NULL,
    event        TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    payload      TEXT NOT NULL
);

CREATE TABLE request_log (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id    BLOB    NOT NULL,
    workspace_id  BLOB,
    at            TEXT    NOT NULL,
    method        TEXT    NOT NULL,
    path          TEXT    NOT NULL,
    query         TEXT,
    status        INTEGER NOT NULL,
    micros        INTEGER NOT NULL,
    actor_kind    TEXT,
    actor_id      TEXT,
    actor_name    TEXT,
    address       TEXT,
    user_agent    TEXT,
    request_body  TEXT,
    response_body TEXT,
    note          TEXT
);
CREATE INDEX request_log_workspace ON request_log (workspace_id, seq);
