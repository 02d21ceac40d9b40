-- The W3C trace context (traceparent) of the request that an event came from.
ALTER TABLE outbox ADD COLUMN trace TEXT COLLATE "C";

-- By which is found how a provider is doing: what it asked for lately, and when it last changed something.
CREATE INDEX request_log_actor ON request_log (workspace_id, actor_id, at) WHERE actor_id IS NOT NULL;
-- A search by POST changes nothing, and neither does a token that is fetched.
CREATE INDEX request_log_write ON request_log (workspace_id, actor_id, at) WHERE method <> 'GET' AND status < 300 AND path LIKE '/scim/%' AND path NOT LIKE '%/.search';

-- By which is found whether anybody came in through a connection lately.
CREATE INDEX identities_login ON identities (connection_id, last_login_at);

-- Up to where what happened in a workspace was forgotten: whoever pulls and is behind that missed something.
CREATE TABLE forgotten_events (
    workspace_id UUID NOT NULL PRIMARY KEY REFERENCES workspaces (id),
    seq BIGINT NOT NULL
);

-- Webhook endpoints. url: sealed, because it may hold a secret; shown_url: the same without anything secret. events: a JSON
-- array of names and patterns (`user.*`); an empty one means all. old_secret is signed with too, until old_secret_until.
-- cursor: the last row of the outbox of which deliveries were made. strikes: deliveries that failed at their first attempt
-- since the last that arrived; due_at: nothing is tried before.
CREATE TABLE endpoints (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    name TEXT COLLATE "C" NOT NULL,
    url BYTEA NOT NULL,
    shown_url TEXT COLLATE "C" NOT NULL,
    events TEXT COLLATE "C" NOT NULL,
    secret BYTEA NOT NULL,
    old_secret BYTEA,
    old_secret_until TIMESTAMPTZ,
    cursor BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'failing', 'disabled')),
    problem TEXT COLLATE "C",
    strikes BIGINT NOT NULL,
    due_at TIMESTAMPTZ,
    failing_since TIMESTAMPTZ,
    last_success_at TIMESTAMPTZ,
    last_failure_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX endpoints_name ON endpoints (workspace_id, name);

-- What an endpoint is to be told, or was. place: the order in which it came to stand here. lane: whom it is about; of one
-- lane the earlier is delivered before the later. origin: event, replay, test. No key leads to the endpoint: when that is
-- deleted, its log goes later, in pages.
CREATE TABLE deliveries (
    place BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id UUID NOT NULL,
    endpoint_id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    event_id UUID NOT NULL,
    event TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    lane TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL CHECK (origin IN ('event', 'replay', 'test')),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead', 'discarded')),
    attempts BIGINT NOT NULL,
    status BIGINT,
    micros BIGINT,
    problem TEXT COLLATE "C",
    happened_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    first_tried_at TIMESTAMPTZ,
    tried_at TIMESTAMPTZ,
    done_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX deliveries_id ON deliveries (id);
CREATE INDEX deliveries_lane ON deliveries (endpoint_id, lane, place) WHERE state = 'waiting';
CREATE INDEX deliveries_log ON deliveries (endpoint_id, place);
CREATE INDEX deliveries_event ON deliveries (endpoint_id, event, place);
CREATE INDEX deliveries_dead ON deliveries (endpoint_id, place) WHERE state = 'dead';
CREATE INDEX deliveries_done ON deliveries (done_at) WHERE done_at IS NOT NULL;

-- Lanes in which something waits: whoever leases one delivers what is at its head.
CREATE TABLE delivery_lanes (
    endpoint_id UUID NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    lane TEXT COLLATE "C" NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    leased_until TIMESTAMPTZ,
    lease UUID,
    PRIMARY KEY (endpoint_id, lane)
);
CREATE INDEX delivery_lanes_due ON delivery_lanes (endpoint_id, due_at);

-- The remote AIsoule workspace that is kept equal to this one; one a workspace. profile: its name in the settings. api_key:
-- sealed. adopts: whether a remote account with somebody's address becomes theirs. cursor: the last row of the outbox that
-- was turned into work. leased_until, lease: of several bridges, one works on it at a time. wanted: a comparison that
-- somebody asked for.
CREATE TABLE connectors (
    workspace_id UUID NOT NULL PRIMARY KEY REFERENCES workspaces (id),
    profile TEXT COLLATE "C" NOT NULL,
    base_url TEXT COLLATE "C" NOT NULL,
    api_key BYTEA NOT NULL,
    adopts BOOLEAN NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('running', 'paused', 'stopped')),
    problem TEXT COLLATE "C",
    cursor BIGINT NOT NULL,
    lease UUID,
    leased_until TIMESTAMPTZ,
    last_success_at TIMESTAMPTZ,
    reconciled_at TIMESTAMPTZ,
    wanted TEXT COLLATE "C" CHECK (wanted IN ('compare', 'apply')),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

-- Whom and what the remote side has to be made equal in. rank: 0 (somebody leaves) goes before 1. seq: the newest change that
-- it covers. since: when the oldest such change happened. problem: why it failed; stuck: only somebody's decision helps.
CREATE TABLE connector_work (
    workspace_id UUID NOT NULL REFERENCES connectors (workspace_id) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('user', 'role', 'team')),
    local_id UUID NOT NULL,
    rank BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    attempts BIGINT NOT NULL,
    is_stuck BOOLEAN NOT NULL,
    problem TEXT COLLATE "C",
    PRIMARY KEY (workspace_id, kind, local_id)
);
CREATE INDEX connector_work_due ON connector_work (workspace_id, rank, due_at) WHERE NOT is_stuck;

-- Who is who on the remote side. remote_id is NULL while a creation is on its way whose outcome is not known yet: begun at
-- creating_since, by the remote side's clock, for creating_address. claimed: somebody said that the remote account with the
-- user's address is theirs. teams: the remote teams that they were put into, as a JSON object with what they are there; "?"
-- where that is not certain; NULL where nobody has looked yet.
CREATE TABLE connector_links (
    workspace_id UUID NOT NULL REFERENCES connectors (workspace_id) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('user', 'role', 'team')),
    local_id UUID NOT NULL,
    remote_id TEXT COLLATE "C",
    creating_since TIMESTAMPTZ,
    creating_address TEXT COLLATE "C",
    claimed BOOLEAN NOT NULL,
    teams TEXT COLLATE "C",
    synced_at TIMESTAMPTZ,
    PRIMARY KEY (workspace_id, kind, local_id)
);
CREATE UNIQUE INDEX connector_links_remote ON connector_links (workspace_id, kind, remote_id) WHERE remote_id IS NOT NULL;

-- What a comparison of both sides found: a JSON document.
CREATE TABLE drift_reports (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES connectors (workspace_id) ON DELETE CASCADE,
    at TIMESTAMPTZ NOT NULL,
    report TEXT COLLATE "C" NOT NULL
);
CREATE INDEX drift_reports_workspace ON drift_reports (workspace_id, at);

-- What a provider calls the key with which the bridge proves who it is.
ALTER TABLE connections ADD COLUMN key_id TEXT COLLATE "C";

-- Since when the record of a proved domain is not found; whether it counts by the operator's word, without a record.
ALTER TABLE domains ADD COLUMN missing_since TIMESTAMPTZ;
ALTER TABLE domains ADD COLUMN vouched BOOLEAN NOT NULL DEFAULT FALSE;
-- By what those were proved that are there already nobody noted.
UPDATE domains SET vouched = TRUE WHERE proved_at IS NOT NULL;
CREATE INDEX domains_lapsed ON domains (checked_at) WHERE proved_at IS NULL AND missing_since IS NOT NULL;

-- Memberships that a login gave, because the provider named the group: those alone does a later login take away.
CREATE TABLE claimed_memberships (
    user_id UUID NOT NULL REFERENCES users (id),
    group_id UUID NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    connection_id UUID NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, group_id)
);
CREATE INDEX claimed_memberships_group ON claimed_memberships (group_id);
CREATE INDEX claimed_memberships_connection ON claimed_memberships (connection_id);
