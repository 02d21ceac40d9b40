-- Links that let somebody in without an account: the first Admin of an installation (`first_run`, no workspace before it is
-- used), or a company's IT admin who connects their own provider (`customer`). token_hash: SHA-256 of what the link holds.
-- provider: which one is connected (`okta`, `entra`, `other`). connection_id: the one connection that may be made and changed
-- through it, from when the provider was chosen. token_id: the one token. used_at: when it was first opened, or, for the
-- first run, when its account was made. skipped_at: when somebody wanted no second factor. finished_at: when somebody was done.
CREATE TABLE setup_links (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('first_run', 'customer')),
    workspace_id BLOB REFERENCES workspaces (id),
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    hint TEXT NOT NULL,
    provider TEXT,
    connection_id BLOB,
    token_id BLOB,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    revoked_at TEXT,
    skipped_at TEXT,
    finished_at TEXT
);
CREATE UNIQUE INDEX setup_links_token ON setup_links (token_hash);
-- Of several bridges that start together on an empty database, one prints the link to the first Admin.
CREATE UNIQUE INDEX setup_links_first_run ON setup_links (kind) WHERE kind = 'first_run' AND used_at IS NULL;
CREATE INDEX setup_links_workspace ON setup_links (workspace_id, created_at);

-- How the seats of a workspace stood on a day (YYYY-MM-DD, UTC): the most that were in use and the most who waited, and how
-- many there were at the last look.
CREATE TABLE seat_days (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    day TEXT NOT NULL,
    used INTEGER NOT NULL,
    seats INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, day)
);

-- Everybody by name, with everything that the console's list asks of somebody: it is walked through instead of the rows,
-- which are wide.
CREATE INDEX users_named ON users (workspace_id, substr(full_name_key, 1, 200), id, standing, role_id, full_name_key, email_key, user_name_key)
    WHERE deleted_at IS NULL;

-- Those few of them who may not work.
CREATE INDEX users_away ON users (workspace_id, substr(full_name_key, 1, 200), id) WHERE deleted_at IS NULL AND standing <> 'active';

-- By which the request log is looked through: what failed, and where a moment stands.
CREATE INDEX request_log_failed ON request_log (workspace_id, seq) WHERE status >= 400;
CREATE INDEX request_log_at ON request_log (workspace_id, at);

-- name_key: the name, folded, no more of it than an entry of an index takes.
ALTER TABLE review_items ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE review_items SET name_key = lower(substr(name, 1, 200));

-- The people of an access review by name, those about whom nothing is decided first of all, and what has become of them.
CREATE INDEX review_items_name ON review_items (review_id, name_key, user_id);
CREATE INDEX review_items_decision ON review_items (review_id, decision, name_key, user_id);
CREATE INDEX review_items_applied ON review_items (review_id, applied_at) WHERE applied_at IS NOT NULL;
