-- Roles of a workspace's own, teams, rules from groups to both, conversations, keys for the REST API, access reviews,
-- and an audit log that shows when it was altered.

ALTER TABLE workspaces ADD COLUMN rules INTEGER NOT NULL DEFAULT 0 CHECK (rules >= 0);
ALTER TABLE workspaces ADD COLUMN holds INTEGER NOT NULL DEFAULT 0 CHECK (holds >= 0);
ALTER TABLE workspaces ADD COLUMN audit_rows INTEGER NOT NULL DEFAULT 0 CHECK (audit_rows >= 0);
ALTER TABLE workspaces ADD COLUMN audit_hash BLOB;
ALTER TABLE workspaces ADD COLUMN audit_days INTEGER CHECK (audit_days > 0);
ALTER TABLE workspaces ADD COLUMN review_reminded_at TEXT;

-- permissions is a JSON array of "resource:action"; the built-in roles' are the program's.
ALTER TABLE roles ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE roles ADD COLUMN permissions TEXT NOT NULL DEFAULT '[]';

-- pins is a JSON object of the fields that somebody holds by hand, each with who and when, and what a provider would
-- have there. provisioned says that a provider keeps the user.
-- full_name and email are what AIsoule shows: a pin, else what the provider says.
ALTER TABLE users ADD COLUMN full_name TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN full_name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN role_rule_id BLOB;
ALTER TABLE users ADD COLUMN pins TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN provisioned BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN is_available BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN last_login_at TEXT;
UPDATE users SET provisioned = TRUE WHERE protected = FALSE AND (external_id IS NOT NULL OR password_hash IS NULL);
UPDATE users SET full_name = coalesce(display_name, user_name), full_name_key = coalesce(display_name_key, user_name_key);
-- The role in front: who deletes a role looks for its holders of any workspace.
DROP INDEX users_role;
CREATE INDEX users_role ON users (role_id, workspace_id, standing);
CREATE INDEX users_role_rule ON users (role_rule_id) WHERE role_rule_id IS NOT NULL;

-- Names of users who were deactivated by hand and then deleted by their provider: whoever comes back under one of them
-- stays inactive.
CREATE TABLE holds (
    workspace_id BLOB  NOT NULL REFERENCES workspaces (id),
    kind         TEXT NOT NULL CHECK (kind IN ('userName', 'email', 'externalId')),
    value_key    TEXT NOT NULL,
    user_id      BLOB  NOT NULL,
    held_at      TEXT NOT NULL,
    PRIMARY KEY (workspace_id, kind, value_key)
) WITHOUT ROWID;

CREATE INDEX holds_user ON holds (workspace_id, user_id);

CREATE TABLE teams (
    id           BLOB   NOT NULL PRIMARY KEY,
    workspace_id BLOB   NOT NULL REFERENCES workspaces (id),
    name         TEXT  NOT NULL,
    name_key     TEXT  NOT NULL,
    description  TEXT  NOT NULL,
    strategy     TEXT  NOT NULL CHECK (strategy IN ('round_robin', 'load_balanced', 'manual')),
    is_active    BOOLEAN NOT NULL,
    created_at   TEXT NOT NULL,
    updated_at   TEXT NOT NULL
);
CREATE UNIQUE INDEX teams_name ON teams (workspace_id, name_key);

-- source: 'hand' or 'rule'; 'kept_out': removed by hand although a rule would have them in, and no member.
CREATE TABLE team_members (
    team_id  BLOB   NOT NULL REFERENCES teams (id),
    user_id  BLOB   NOT NULL REFERENCES users (id),
    kind     TEXT  NOT NULL CHECK (kind IN ('agent', 'manager')),
    source   TEXT  NOT NULL CHECK (source IN ('hand', 'rule', 'kept_out')),
    added_at TEXT NOT NULL,
    PRIMARY KEY (team_id, user_id)
) WITHOUT ROWID;
CREATE INDEX team_members_user ON team_members (user_id, team_id);

-- group_id is no reference: a rule outlives its group, and never finds another one.
CREATE TABLE rules (
    id             BLOB   NOT NULL PRIMARY KEY,
    workspace_id   BLOB   NOT NULL REFERENCES workspaces (id),
    group_id       BLOB,
    group_name     TEXT  NOT NULL,
    group_name_key TEXT  NOT NULL,
    role_id        BLOB   REFERENCES roles (id),
    priority       INTEGER  NOT NULL,
    created_at     TEXT NOT NULL,
    updated_at     TEXT NOT NULL
);
CREATE INDEX rules_workspace ON rules (workspace_id, priority, id);
CREATE INDEX rules_group ON rules (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX rules_waiting ON rules (workspace_id, group_name_key, id) WHERE group_id IS NULL;
CREATE INDEX rules_role ON rules (role_id) WHERE role_id IS NOT NULL;

CREATE TABLE rule_teams (
    rule_id BLOB  NOT NULL REFERENCES rules (id),
    team_id BLOB  NOT NULL REFERENCES teams (id),
    kind    TEXT NOT NULL CHECK (kind IN ('agent', 'manager')),
    PRIMARY KEY (rule_id, team_id)
) WITHOUT ROWID;
CREATE INDEX rule_teams_team ON rule_teams (team_id);

CREATE TABLE conversations (
    id           BLOB   NOT NULL PRIMARY KEY,
    workspace_id BLOB   NOT NULL REFERENCES workspaces (id),
    subject      TEXT  NOT NULL,
    assignee_id  BLOB   REFERENCES users (id),
    created_at   TEXT NOT NULL,
    updated_at   TEXT NOT NULL
);
CREATE INDEX conversations_workspace ON conversations (workspace_id, id);
CREATE INDEX conversations_assignee ON conversations (assignee_id, id) WHERE assignee_id IS NOT NULL;

CREATE TABLE conversation_entries (
    id              BLOB   NOT NULL PRIMARY KEY,
    conversation_id BLOB   NOT NULL REFERENCES conversations (id),
    kind            TEXT  NOT NULL CHECK (kind IN ('message', 'note')),
    author_id       BLOB   REFERENCES users (id),
    author_name     TEXT  NOT NULL,
    body            TEXT  NOT NULL,
    created_at      TEXT NOT NULL
);
CREATE INDEX conversation_entries_conversation ON conversation_entries (conversation_id, id);

-- permissions: a JSON array; NULL: whatever the user may do. A key without a user is the workspace's own.
CREATE TABLE api_keys (
    id           BLOB   NOT NULL PRIMARY KEY,
    workspace_id BLOB   NOT NULL REFERENCES workspaces (id),
    name         TEXT  NOT NULL,
    hash         BLOB NOT NULL,
    hint         TEXT  NOT NULL,
    user_id      BLOB   REFERENCES users (id),
    permissions  TEXT,
    created_at   TEXT NOT NULL,
    expires_at   TEXT,
    last_used_at TEXT,
    revoked_at   TEXT
);
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
CREATE INDEX api_keys_workspace ON api_keys (workspace_id, id);
CREATE INDEX api_keys_user ON api_keys (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE reviews (
    id           BLOB   NOT NULL PRIMARY KEY,
    workspace_id BLOB   NOT NULL REFERENCES workspaces (id),
    name         TEXT  NOT NULL,
    as_of        TEXT NOT NULL,
    due_at       TEXT,
    created_by   TEXT  NOT NULL,
    created_at   TEXT NOT NULL,
    closed_at    TEXT
);
CREATE INDEX reviews_workspace ON reviews (workspace_id, id);

-- facts: a JSON object, as things stood at the review's date.
CREATE TABLE review_items (
    review_id  BLOB   NOT NULL REFERENCES reviews (id),
    user_id    BLOB   NOT NULL REFERENCES users (id),
    name       TEXT  NOT NULL,
    facts      TEXT  NOT NULL,
    decision   TEXT  CHECK (decision IN ('keep', 'deactivate')),
    comment    TEXT,
    decided_by TEXT,
    decided_at TEXT,
    applied_at TEXT,
    outcome    TEXT,
    PRIMARY KEY (review_id, user_id)
) WITHOUT ROWID;

-- Each row of a workspace has a number and a hash that covers the row and the hash before it.
ALTER TABLE audit_log ADD COLUMN number INTEGER;
ALTER TABLE audit_log ADD COLUMN hash BLOB;
CREATE UNIQUE INDEX audit_log_number ON audit_log (workspace_id, number) WHERE number IS NOT NULL;
CREATE INDEX audit_log_subject ON audit_log (workspace_id, subject_id, seq);
CREATE INDEX audit_log_unlinked ON audit_log (workspace_id, seq) WHERE number IS NULL;

-- By what the key of the chain is known: no bridge goes on with another one.
CREATE TABLE audit_key (
    one  INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    mark BLOB NOT NULL
);

-- Up to where rows may be taken out because their time is over, and the hash from which the chain goes on.
CREATE TABLE audit_checkpoints (
    workspace_id BLOB    NOT NULL REFERENCES workspaces (id),
    through      INTEGER   NOT NULL,
    hash         BLOB NOT NULL,
    at           TEXT  NOT NULL,
    PRIMARY KEY (workspace_id, through)
) WITHOUT ROWID;

CREATE INDEX outbox_workspace ON outbox (workspace_id, seq);

-- The audit log only grows; rows that a checkpoint covers may go, and nothing is ever changed. Rows without a number are
-- from before the chain, older than all others.
CREATE TRIGGER audit_log_kept BEFORE UPDATE ON audit_log BEGIN
    SELECT RAISE(ABORT, 'the audit log only grows');
END;
CREATE TRIGGER audit_log_grows BEFORE DELETE ON audit_log
WHEN NOT EXISTS (SELECT 1 FROM audit_checkpoints c WHERE c.workspace_id = OLD.workspace_id
                 AND (OLD.number IS NULL OR c.through >= OLD.number))
BEGIN
    SELECT RAISE(ABORT, 'the audit log only grows');
END;
-- INSERT OR REPLACE deletes without asking the trigger above. Before a row has its seq, NEW.seq is -1.
CREATE TRIGGER audit_log_appended BEFORE INSERT ON audit_log
WHEN (NEW.seq > 0 AND EXISTS (SELECT 1 FROM audit_log a WHERE a.seq = NEW.seq))
    OR EXISTS (SELECT 1 FROM audit_log a WHERE a.workspace_id = NEW.workspace_id AND a.number = NEW.number)
BEGIN
    SELECT RAISE(ABORT, 'the audit log only grows');
END;
CREATE TRIGGER audit_checkpoints_kept BEFORE UPDATE ON audit_checkpoints BEGIN
    SELECT RAISE(ABORT, 'the audit log only grows');
END;
CREATE TRIGGER audit_checkpoints_stay BEFORE DELETE ON audit_checkpoints BEGIN
    SELECT RAISE(ABORT, 'the audit log only grows');
END;
-- A checkpoint says what the row says, and none takes the place of another.
CREATE TRIGGER audit_checkpoints_true BEFORE INSERT ON audit_checkpoints
WHEN NOT EXISTS (SELECT 1 FROM audit_log a WHERE a.workspace_id = NEW.workspace_id AND a.number = NEW.through AND a.hash = NEW.hash)
    OR EXISTS (SELECT 1 FROM audit_checkpoints c WHERE c.workspace_id = NEW.workspace_id AND c.through = NEW.through)
BEGIN
    SELECT RAISE(ABORT, 'a checkpoint of the audit log has the hash of a row');
END;
