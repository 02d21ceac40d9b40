-- Links that let somebody in without an account: the first Admin of an installation (`first_run`, no workspace before it is
-- used), or a company's IT admin who connects their own provider (`customer`). token_hash: SHA-256 of what the link holds.
-- provider: which one is connected (`okta`, `entra`, `other`). connection_id: the one connection that may be made and changed
-- through it, from when the provider was chosen. token_id: the one token. used_at: when it was first opened, or, for the
-- first run, when its account was made. skipped_at: when somebody wanted no second factor. finished_at: when somebody was done.
CREATE TABLE setup_links (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('first_run', 'customer')),
    workspace_id UUID REFERENCES workspaces (id),
    name TEXT COLLATE "C" NOT NULL,
    token_hash BYTEA NOT NULL,
    hint TEXT COLLATE "C" NOT NULL,
    provider TEXT COLLATE "C",
    connection_id UUID,
    token_id UUID,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ,
    skipped_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX setup_links_token ON setup_links (token_hash);
-- Of several bridges that start together on an empty database, one prints the link to the first Admin.
CREATE UNIQUE INDEX setup_links_first_run ON setup_links (kind) WHERE kind = 'first_run' AND used_at IS NULL;
CREATE INDEX setup_links_workspace ON setup_links (workspace_id, created_at);

-- How the seats of a workspace stood on a day (YYYY-MM-DD, UTC): the most that were in use and the most who waited, and how
-- many there were at the last look.
CREATE TABLE seat_days (
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    day TEXT COLLATE "C" NOT NULL,
    used BIGINT NOT NULL,
    seats BIGINT NOT NULL,
    waiting BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, day)
);

-- Everybody by name: no more of it than an entry of an index takes.
CREATE INDEX users_named ON users (workspace_id, substr(full_name_key, 1, 200), id) WHERE deleted_at IS NULL;

-- Those few of them who may not work.
CREATE INDEX users_away ON users (workspace_id, substr(full_name_key, 1, 200), id) WHERE deleted_at IS NULL AND standing <> 'active';

-- By which the request log is looked through: what failed, and where a moment stands.
CREATE INDEX request_log_failed ON request_log (workspace_id, seq) WHERE status >= 400;
CREATE INDEX request_log_at ON request_log (workspace_id, at);

-- name_key: the name, folded, no more of it than an entry of an index takes.
ALTER TABLE review_items ADD COLUMN name_key TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE review_items SET name_key = lower(substr(name, 1, 200));

-- The people of an access review by name, those about whom nothing is decided first of all, and what has become of them.
CREATE INDEX review_items_name ON review_items (review_id, name_key, user_id);
CREATE INDEX review_items_decision ON review_items (review_id, decision, name_key, user_id);
CREATE INDEX review_items_applied ON review_items (review_id, applied_at) WHERE applied_at IS NOT NULL;
