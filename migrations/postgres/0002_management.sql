-- Roles of a workspace's own, teams, rules from groups to both, conversations, keys for the REST API, access reviews,
-- and an audit log that shows when it was altered.

ALTER TABLE workspaces ADD COLUMN rules BIGINT NOT NULL DEFAULT 0 CHECK (rules >= 0);
ALTER TABLE workspaces ADD COLUMN holds BIGINT NOT NULL DEFAULT 0 CHECK (holds >= 0);
ALTER TABLE workspaces ADD COLUMN audit_rows BIGINT NOT NULL DEFAULT 0 CHECK (audit_rows >= 0);
ALTER TABLE workspaces ADD COLUMN audit_hash BYTEA;
ALTER TABLE workspaces ADD COLUMN audit_days BIGINT CHECK (audit_days > 0);
ALTER TABLE workspaces ADD COLUMN review_reminded_at TIMESTAMPTZ;

-- permissions is a JSON array of "resource:action"; the built-in roles' are the program's.
ALTER TABLE roles ADD COLUMN description TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE roles ADD COLUMN permissions TEXT COLLATE "C" NOT NULL DEFAULT '[]';

-- pins is a JSON object of the fields that somebody holds by hand, each with who and when, and what a provider would
-- have there. provisioned says that a provider keeps the user.
-- full_name and email are what AIsoule shows: a pin, else what the provider says.
ALTER TABLE users ADD COLUMN full_name TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN full_name_key TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN role_rule_id UUID;
ALTER TABLE users ADD COLUMN pins TEXT COLLATE "C" NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN provisioned BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN is_available BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN last_login_at TIMESTAMPTZ;
UPDATE users SET provisioned = TRUE WHERE protected = FALSE AND (external_id IS NOT NULL OR password_hash IS NULL);
UPDATE users SET full_name = coalesce(display_name, user_name), full_name_key = coalesce(display_name_key, user_name_key);
-- The role in front: who deletes a role looks for its holders of any workspace.
DROP INDEX users_role;
CREATE INDEX users_role ON users (role_id, workspace_id, standing);
CREATE INDEX users_role_rule ON users (role_rule_id) WHERE role_rule_id IS NOT NULL;

-- Names of users who were deactivated by hand and then deleted by their provider: whoever comes back under one of them
-- stays inactive.
CREATE TABLE holds (
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('userName', 'email', 'externalId')),
    value_key TEXT COLLATE "C" NOT NULL,
    user_id UUID NOT NULL,
    held_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (workspace_id, kind, value_key)
);

CREATE INDEX holds_user ON holds (workspace_id, user_id);

CREATE TABLE teams (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    strategy TEXT COLLATE "C" NOT NULL CHECK (strategy IN ('round_robin', 'load_balanced', 'manual')),
    is_active BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX teams_name ON teams (workspace_id, name_key);

-- source: 'hand' or 'rule'; 'kept_out': removed by hand although a rule would have them in, and no member.
CREATE TABLE team_members (
    team_id UUID NOT NULL REFERENCES teams (id),
    user_id UUID NOT NULL REFERENCES users (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('agent', 'manager')),
    source TEXT COLLATE "C" NOT NULL CHECK (source IN ('hand', 'rule', 'kept_out')),
    added_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_members_user ON team_members (user_id, team_id);

-- group_id is no reference: a rule outlives its group, and never finds another one.
CREATE TABLE rules (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    group_id UUID,
    group_name TEXT COLLATE "C" NOT NULL,
    group_name_key TEXT COLLATE "C" NOT NULL,
    role_id UUID REFERENCES roles (id),
    priority BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX rules_workspace ON rules (workspace_id, priority, id);
CREATE INDEX rules_group ON rules (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX rules_waiting ON rules (workspace_id, group_name_key, id) WHERE group_id IS NULL;
CREATE INDEX rules_role ON rules (role_id) WHERE role_id IS NOT NULL;

CREATE TABLE rule_teams (
    rule_id UUID NOT NULL REFERENCES rules (id),
    team_id UUID NOT NULL REFERENCES teams (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('agent', 'manager')),
    PRIMARY KEY (rule_id, team_id)
);
CREATE INDEX rule_teams_team ON rule_teams (team_id);

CREATE TABLE conversations (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    subject TEXT COLLATE "C" NOT NULL,
    assignee_id UUID REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX conversations_workspace ON conversations (workspace_id, id);
CREATE INDEX conversations_assignee ON conversations (assignee_id, id) WHERE assignee_id IS NOT NULL;

CREATE TABLE conversation_entries (
    id UUID NOT NULL PRIMARY KEY,
    conversation_id UUID NOT NULL REFERENCES conversations (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('message', 'note')),
    author_id UUID REFERENCES users (id),
    author_name TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX conversation_entries_conversation ON conversation_entries (conversation_id, id);

-- permissions: a JSON array; NULL: whatever the user may do. A key without a user is the workspace's own.
CREATE TABLE api_keys (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    name TEXT COLLATE "C" NOT NULL,
    hash BYTEA NOT NULL,
    hint TEXT COLLATE "C" NOT NULL,
    user_id UUID REFERENCES users (id),
    permissions TEXT COLLATE "C",
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
CREATE INDEX api_keys_workspace ON api_keys (workspace_id, id);
CREATE INDEX api_keys_user ON api_keys (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE reviews (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    name TEXT COLLATE "C" NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ
);
CREATE INDEX reviews_workspace ON reviews (workspace_id, id);

-- facts: a JSON object, as things stood at the review's date.
CREATE TABLE review_items (
    review_id UUID NOT NULL REFERENCES reviews (id),
    user_id UUID NOT NULL REFERENCES users (id),
    name TEXT COLLATE "C" NOT NULL,
    facts TEXT COLLATE "C" NOT NULL,
    decision TEXT COLLATE "C" CHECK (decision IN ('keep', 'deactivate')),
    comment TEXT COLLATE "C",
    decided_by TEXT COLLATE "C",
    decided_at TIMESTAMPTZ,
    applied_at TIMESTAMPTZ,
    outcome TEXT COLLATE "C",
    PRIMARY KEY (review_id, user_id)
);

-- Each row of a workspace has a number and a hash that covers the row and the hash before it.
ALTER TABLE audit_log ADD COLUMN number BIGINT;
ALTER TABLE audit_log ADD COLUMN hash BYTEA;
-- Text, so that it stays byte for byte what was hashed.
ALTER TABLE audit_log ALTER COLUMN changes TYPE TEXT COLLATE "C";
CREATE UNIQUE INDEX audit_log_number ON audit_log (workspace_id, number) WHERE number IS NOT NULL;
CREATE INDEX audit_log_subject ON audit_log (workspace_id, subject_id, seq);
CREATE INDEX audit_log_unlinked ON audit_log (workspace_id, seq) WHERE number IS NULL;

-- By what the key of the chain is known: no bridge goes on with another one.
CREATE TABLE audit_key (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    mark BYTEA NOT NULL
);

-- Up to where rows may be taken out because their time is over, and the hash from which the chain goes on.
CREATE TABLE audit_checkpoints (
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    through BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (workspace_id, through)
);

CREATE INDEX outbox_workspace ON outbox (workspace_id, seq);

-- The audit log only grows; rows that a checkpoint covers may go, and nothing is ever changed. Rows without a number are
-- from before the chain, older than all others.
CREATE FUNCTION audit_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit_log' THEN
        IF EXISTS (SELECT 1 FROM audit_checkpoints c WHERE c.workspace_id = OLD.workspace_id
                   AND (OLD.number IS NULL OR c.through >= OLD.number)) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit log only grows';
END
$$;
CREATE TRIGGER audit_log_kept BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_only_grows();
CREATE TRIGGER audit_log_whole BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_log_only_grows();
CREATE TRIGGER audit_checkpoints_kept BEFORE UPDATE OR DELETE ON audit_checkpoints FOR EACH ROW EXECUTE FUNCTION audit_log_only_grows();
CREATE TRIGGER audit_checkpoints_whole BEFORE TRUNCATE ON audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION audit_log_only_grows();

-- A checkpoint says what the row says.
CREATE FUNCTION audit_checkpoint_of_a_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM audit_log a WHERE a.workspace_id = NEW.workspace_id AND a.number = NEW.through AND a.hash = NEW.hash) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a checkpoint of the audit log has the hash of a row';
END
$$;
CREATE TRIGGER audit_checkpoints_true BEFORE INSERT ON audit_checkpoints FOR EACH ROW EXECUTE FUNCTION audit_checkpoint_of_a_row();
