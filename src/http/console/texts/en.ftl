# What the console says, in English. German stands in de.ftl, under the same names, in the same order.

### The calendar

calendar-months = January February March April May June July August September October November December
calendar-day = { $day } { $month } { $year }
calendar-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
calendar-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
calendar-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
calendar-now = just now
calendar-ago = { $span } ago
calendar-in = in { $span }
calendar-never = never

### What stands on every page

frame-skip = Skip to the content
frame-sections = Settings
frame-account = Your account
frame-logout = Log out
frame-language = Language
frame-form-lost = This form did not come from a page of this site that is still open. Nothing was changed.
frame-forbidden-title = Not for your role
frame-forbidden = Your role does not have the permission { $permission }. An Admin can give you one that has.
frame-forbidden-next = Your account
frame-search = Search
frame-filter = Filter
frame-save = Save
frame-cancel = Cancel
frame-back = Back
frame-delete = Delete
frame-newer = Newer
frame-older = Older
frame-previous = Previous
frame-next = Next
frame-page = Page { $page } of { $pages }
frame-copy = Copy
frame-copied = Copied
frame-live = Updates by itself
frame-choose-all = Choose all on this page

nav-users = Users
nav-seats = Seats
nav-roles = Roles
nav-teams = Teams
nav-groups = Groups
nav-rules = Rules
nav-provisioning = Provisioning
nav-requests = Request log
nav-sso = Single sign-on
nav-webhooks = Webhooks
nav-connector = Connector
nav-health = Health
nav-audit = Audit log
nav-reviews = Access review

### Why something was not done

trouble-not-found = It is not there any more.
trouble-clash = Another { $kind } already has this { $attribute }.
trouble-seats = No seat is free: { $plan }, { $used } of { $limit } in use.
trouble-changed = It has changed in the meantime. Look again, then decide.
trouble-last-admin = The last active Admin of a workspace can't be deactivated, deleted or given another role. Make somebody else an Admin first.
trouble-last-protected = The last protected Admin of a workspace can't be deactivated, deleted or given another role. Make another one first.
trouble-forbidden = This concerns permissions that you do not have yourself: { $missing }.
trouble-owned = { $field }: { $detail }. Tick the box that says that you mean it, to do it all the same and keep it.
trouble-in-use = { $name } is in use ({ $users } users, { $rules } rules). Give them something else first.
trouble-enforced = People have to sign in through this. Say first that they don't have to.
trouble-nobody-came-in = Signing in through a connection can't be required before one Admin has come in through it. Let an Admin sign in through it once, then try again.
trouble-no-way-back = Signing in through a connection can't be required before there is a way in without it. Make a protected Admin with a password first.
trouble-other = That is not possible: { $detail }.

### Single sign-on

sso-back = All of single sign-on
sso-yes = Yes
sso-no = No
sso-on = On
sso-off = Off
sso-new = New connection
sso-new-title = New connection
sso-new-which = With what does your company manage its accounts?
sso-new-choose = Choose
sso-kind-okta = Okta
sso-kind-entra = Microsoft Entra ID
sso-kind-google = Google Workspace
sso-kind-github = GitHub
sso-kind-oidc = OpenID Connect
sso-about-okta = An OIDC web application of your Okta organisation.
sso-about-entra = An app registration of one tenant (Azure AD).
sso-about-google = An OAuth client of your Google Cloud project.
sso-about-github = An OAuth app of your GitHub organisation.
sso-about-oidc = Any other provider that speaks OpenID Connect: Keycloak, Auth0, Ping, …
sso-there-title = To enter at the provider
sso-there-okta = In Okta’s admin console: Applications → Create App Integration → OIDC, Web Application. Enter these there, assign the people who may sign in, then copy client ID and secret from there.
sso-there-entra = In the Entra admin center: App registrations → New registration, accounts in this directory only, platform Web. Enter these there, then add a client secret under Certificates & secrets.
sso-there-google = In the Google Cloud console: APIs & Services → Credentials → Create OAuth client ID, Web application. Enter the redirect URI there.
sso-there-github = On GitHub: Settings of your organisation → Developer settings → OAuth apps → New. Enter the redirect URI as the authorization callback URL.
sso-there-oidc = Make a confidential web client (authorization code) at your provider, and enter these there.
sso-here-title = To enter here
sso-copy-callback = Redirect URI
sso-copy-hint-callback = Where people come back to. Character by character.
sso-copy-initiate = Address that begins a login
sso-copy-hint-initiate = For the tile on a dashboard. Where the provider asks for one.
sso-copy-backchannel = Back-channel logout
sso-copy-hint-backchannel = Where the provider tells of logouts. Where it knows that.
sso-field-name = Name
sso-field-kind = Provider
sso-field-issuer = Issuer
sso-field-tenant = Directory (tenant) ID
sso-field-client = Client ID
sso-field-secret = Client secret
sso-field-jit = Add people at their first login
sso-field-role = Role of those who are added
sso-field-trust = Believe addresses that the provider does not call verified
sso-field-groups = Claim that lists groups
sso-field-roles = Claim that lists roles
sso-field-way = How the bridge proves who it is
sso-field-key = Private key
sso-field-key-id = What the provider calls the key
sso-field-scopes = Further scopes
sso-field-authorization = Authorization URL
sso-field-token = Token URL
sso-field-userinfo = Userinfo URL
sso-field-domain = Domain
sso-field-connection = Connection
sso-hint-name = What people read: “Log in with …”.
sso-hint-issuer-okta = https://your-company.okta.com, or that of a custom authorization server.
sso-hint-issuer-entra = From the overview of the app registration. The whole issuer will do as well.
sso-hint-issuer-google = Stays as it is.
sso-hint-issuer-github = Stays as it is.
sso-hint-issuer-oidc = As the provider’s discovery document says: a slash at its end counts.
sso-hint-secret = It is sealed and never shown again.
sso-hint-secret-kept = One is kept. Enter it again if you change an address, the client or the way in which it is sent: it never goes anywhere else than it was entered for.
sso-hint-jit = Whoever signs in and is not known yet takes a seat. Otherwise they are told to ask an Admin.
sso-hint-role = Rules leave a role that is chosen here alone.
sso-hint-trust = Counts within proved domains alone. Entra ID never calls an address verified.
sso-hint-claims = Followed for people whom nothing provisions, and never to make an Admin. Leave both empty where SCIM brings the groups.
sso-hint-key = In PEM, instead of a secret; for Entra ID followed by its certificate. Sealed and never shown again.
sso-hint-scopes = Besides openid, profile and email; separated by spaces.
sso-hint-addresses = Addresses are found by the issuer. Enter them only where your provider’s differ.
sso-special-title = Rarely needed
sso-people-title = People
sso-role-default = The default role of the workspace
sso-way-client-secret-basic = With the secret, in the header (client_secret_basic)
sso-way-client-secret-post = With the secret, in the form (client_secret_post)
sso-way-private-key-jwt = With a private key (private_key_jwt)
sso-create = Create connection
sso-edit = Edit
sso-edit-title = Edit { $name }
sso-connection-done-created = The connection is there. Test it now, before anybody signs in.
sso-connection-done-saved = Saved.
sso-connection-done-enabled = People can sign in through it again.
sso-connection-done-disabled = Nobody can sign in through it any more; whoever came in through it is out.
sso-what-title = What it is
sso-secret-kept = Kept, sealed
sso-secret-none = None
sso-fact-newcomers = Newcomers
sso-fact-claims = Claims that are followed
sso-fact-domains = Domains
sso-fact-admin = First Admin came in
sso-newcomers-none = Are not added
sso-newcomers-default = Are added, with the default role
sso-newcomers-role = Are added, as { $role }
sso-domains-none = None yet
sso-admin-never = Not yet
sso-test = Test it
sso-test-title = The test
sso-test-fine = Everything is as it should be.
sso-test-warned = { $count ->
    [one] Signing in works; { $count } thing to look at.
   *[other] Signing in works; { $count } things to look at.
}
sso-test-failed = { $count ->
    [one] Nobody can sign in: { $count } problem.
   *[other] Nobody can sign in: { $count } problems.
}
sso-step-fine = OK
sso-step-warning = Look at it
sso-step-failed = Problem
sso-end-title = Switch it off, or delete it
sso-enable = Switch it on
sso-disable = Switch it off
sso-enable-means = It is switched off: nobody can sign in through it.
sso-disable-means = Switched off, it lets nobody in, and whoever came in through it is logged out at once. It can be switched on again.
sso-delete = Delete…
sso-delete-title = Delete { $name }?
sso-delete-means = This can’t be undone. What will happen:
sso-delete-people = { $count ->
    [0] Nobody is known by it.
    [one] { $count } person who signed in through it is no longer known by it.
   *[other] { $count } people who signed in through it are no longer known by it.
}
sso-delete-sessions = { $count ->
    [0] Nobody is logged out.
    [one] { $count } session ends at once.
   *[other] { $count } sessions end at once.
}
sso-delete-domains = These domains are served by no connection then: { $domains }.
sso-delete-groups = Whoever is in a group because this provider said so leaves it.
sso-delete-accounts = Nobody’s account is deleted or deactivated.
sso-delete-do = Delete { $name }
sso-done-deleted = The connection is deleted.
sso-done-removed = The domain is removed.
sso-done-enforced = Everybody signs in through a connection now.
sso-done-released = Nobody has to sign in through a connection any more.
sso-done-revoked = Nobody signs in to that program through the bridge any more.
sso-done-account = The break-glass account is there. Log in with it once, choose a password that you lock away, and set up its second factor.
sso-connections-title = Connections
sso-connections-none = People sign in with their passwords. A connection lets them use their company’s account.
sso-column-state = State
sso-column-enforced = Required
sso-column-who = Who
sso-column-role = Role
sso-column-password = Password
sso-column-factor = Second factor
sso-column-login = Last login
sso-column-used = Last used
sso-domains-title = Domains
sso-domains-about = A proved domain leads its people to their connection by their address, and lets an account be recognised by it.
sso-domain-new = New domain
sso-domain-add = Add domain
sso-domain-nobody = None
sso-domain-proved = Proved
sso-domain-unproved = Not proved yet
sso-domain-missing = Record missing
sso-domain-done-added = Added. Now enter its record in your DNS, then verify it.
sso-domain-done-given = Its people sign in through that connection now.
sso-domain-done-enforced = Its people sign in through their connection now.
sso-domain-done-released = Its people don’t have to sign in through their connection any more.
sso-domain-lapses = { $count ->
    [0] Its record is missing: it counts no longer as soon as somebody looks again.
    [one] Its record is missing: it counts for { $count } more day. Put the record back.
   *[other] Its record is missing: it counts for { $count } more days. Put the record back.
}
sso-domain-missing-kept = Its record is missing. It goes on counting, but put the record back.
sso-record-title = Its TXT record
sso-record-about = Whoever keeps the DNS of the domain enters this record. It stays there: it is looked for once a day.
sso-copy-record-name = Name (host)
sso-copy-hint-record-name = Some DNS providers want it without the domain at its end.
sso-copy-record-value = Value (TXT)
sso-copy-hint-record-value = In one piece, without spaces.
sso-domain-proved-at = Proved on { $at }.
sso-domain-unproved-means = Until it is proved, it leads nobody anywhere.
sso-domain-checked = Last looked for: { $at }.
sso-domain-vouched = It counts by the word of whoever runs the bridge.
sso-domain-last = What was wrong then
sso-verify = Verify now
sso-verify-fine = The record is there. The domain is yours.
sso-verify-nothing = No such record was found. A new one can take up to an hour to be seen; the name and the value have to be exactly these.
sso-verify-other = There are TXT records under that name, but none says what it should.
sso-verify-found = This was found:
sso-serves = Its people sign in through
sso-serves-about = Whoever enters an address of this domain is led there.
sso-domain-is-enforced = People with an address at { $domain } have to sign in through their connection.
sso-domain-not-enforced = People with an address at { $domain } may also use a password.
sso-domain-end-title = Remove it
sso-domain-end-about = Its people are led to no connection any more, and nobody is recognised by an address of it. Adding it again takes a new record.
sso-domain-remove = Remove { $domain }
sso-enforce-title = Require single sign-on
sso-enforce-title-domain = Require single sign-on for { $domain }
sso-enforce-is-on = Passwords open nothing, but for break-glass accounts.
sso-enforce-about = From then on passwords open nothing, but for break-glass accounts.
sso-enforce-ready = It can be switched on: everything that makes it safe is there.
sso-enforce-not-yet = It can’t be switched on yet, because somebody could be locked out. What is missing:
sso-enforce-look = Look at it
sso-enforce-look-on = It is on: look at it
sso-enforce-sessions = { $count ->
    [0] Nobody is logged out by that.
    [one] { $count } session that began another way ends at once.
   *[other] { $count } sessions that began another way end at once.
}
sso-enforce = Require it
sso-release = Require it no longer
sso-release-means = Switched off, people may use their passwords again, if they have one.
sso-ticks-title = What makes it safe
sso-tick-holds = OK
sso-tick-lacks = Missing
sso-tick-proved = The domain is proved
sso-tick-proved-how = Enter its TXT record and verify it.
sso-tick-came-in = An Admin has come in through a connection that is on
sso-tick-came-in-domain = An Admin has come in through the connection that serves the domain
sso-tick-came-in-how = Let an Admin sign in through it once, in another browser.
sso-tick-way-back = There is a break-glass account: an active protected Admin with a password
sso-tick-way-back-how = Make one, or it could happen that nobody gets in when the provider does not answer.
sso-protected-title = Break-glass accounts
sso-protected-about = Protected Admins get in with their password when the provider does not answer. No provider sees them. Keep at least one, each with a second factor.
sso-protected-none = There is none: when the provider does not answer, nobody gets in.
sso-protected-inactive = Inactive
sso-protected-new = New break-glass account
sso-account-about = A protected Admin: an account that no provider sees or changes, and that may use its password even where single sign-on is required. It takes a seat.
sso-account-name = Name
sso-account-email = Email address
sso-account-email-hint = What it logs in with. An address that several people read will do.
sso-account-password = Password
sso-account-password-hint = 12 characters or more. Whoever logs in with it first has to choose another one.
sso-account-create = Create account
sso-account-bad-name = A name has 1 to 100 printable characters.
sso-account-bad-email = This is no email address.
sso-account-bad-password = A password has 12 characters or more, and is not endless.
sso-account-easy-password = This password is too easy to guess: it is common, a pattern, or made of the name or the address.
sso-clients-title = AIsoule’s login
sso-clients-about = AIsoule lets its people log in through the bridge (“Custom OIDC”), and learns from it who they are and what they may do.
sso-client-new = New login client
sso-client-create = Create login client
sso-client-redirect = Redirect URIs
sso-client-redirect-hint = One a line; compared character by character.
sso-client-logout = Addresses after logging out
sso-client-logout-hint = One a line; may be empty.
sso-client-backchannel = Back-channel logout URI
sso-client-backchannel-hint = Where it is told that a session ended; may be empty.
sso-client-made = The login client is there. This is its secret, shown this once:
sso-client-secret = Client secret
sso-client-secret-gone = Its secret was shown when it was made. Whoever has lost it makes a new login client and removes this one.
sso-client-values = For AIsoule
sso-client-values-about = In AIsoule, open Settings → SSO → Custom OIDC, and enter these with the client secret.
sso-client-addresses = Its addresses
sso-client-end-title = Remove it
sso-client-end-about = Nobody can log in to it through the bridge any more, and everything that it was given ends at once.
sso-client-remove = Remove { $name }
sso-copy-client = Client ID
sso-copy-hint-client = What the program calls itself.
sso-copy-authorization = Authorization URL
sso-copy-hint-authorization = Where people are sent to log in.
sso-copy-token = Token URL
sso-copy-hint-token = Where a code becomes tokens.
sso-copy-userinfo = Userinfo URL
sso-copy-hint-userinfo = Where name, address, role and teams are told.
sso-copy-issuer = Issuer
sso-copy-hint-issuer = For programs that find the rest by themselves.

### Webhooks

webhooks-about = An endpoint is told what happens in the workspace, event by event, signed.
webhooks-back = All endpoints
webhooks-none = There is no endpoint yet.
webhooks-new = New endpoint
webhooks-create = Create endpoint
webhooks-edit = Edit
webhooks-edit-title = Edit { $name }
webhooks-field-name = Name
webhooks-field-url = Address
webhooks-field-events = Which events
webhooks-field-patterns = Single events and patterns
webhooks-field-hours = Hours in which both are good
webhooks-field-from = From (UTC)
webhooks-field-to = Until before (UTC)
webhooks-hint-url = https://… It is sealed: only the beginning of it is shown later.
webhooks-hint-url-kept = Now { $url }. Leave it empty to keep it.
webhooks-hint-events = Nothing chosen means everything, also what is added later.
webhooks-hint-patterns = One a line: user.created, or team.* for all that begin so.
webhooks-hint-hours = 0 to 168. With 0 the old secret ends at once.
webhooks-every-event = Every event there is
webhooks-family-user = People
webhooks-family-group = Groups
webhooks-family-role = Roles
webhooks-family-team = Teams
webhooks-family-rule = Rules
webhooks-family-seat = Seats
webhooks-family-session = Sessions
webhooks-family-conversation = Conversations
webhooks-family-workspace = The workspace
webhooks-family-connection = Connections
webhooks-family-domain = Domains
webhooks-family-sso = Required single sign-on
webhooks-family-review = Access reviews
webhooks-family-mail = Mail
webhooks-events-all = All
webhooks-column-state = State
webhooks-column-events = Events
webhooks-column-success = Last delivered
webhooks-column-failure = Last failed
webhooks-column-event = Event
webhooks-column-happened = Happened
webhooks-column-attempts = Attempts
webhooks-column-answer = Answer
webhooks-column-origin = Why it is sent
webhooks-endpoint-active = Active
webhooks-endpoint-failing = Failing
webhooks-endpoint-disabled = Disabled
webhooks-state-any = Any
webhooks-state-waiting = Waiting
webhooks-state-delivered = Delivered
webhooks-state-dead = Given up
webhooks-state-discarded = Discarded
webhooks-origin-event = It happened
webhooks-origin-replay = Sent again
webhooks-origin-test = Test
webhooks-means-waiting = It has not been taken yet. It is tried again by itself, after longer and longer pauses.
webhooks-means-delivered = The endpoint took it.
webhooks-means-dead = It was given up: the endpoint did not take it, or refused it for good. It can be sent again.
webhooks-means-discarded = It was given up, and somebody said that nobody needs it any more.
webhooks-oldest = the oldest from { $ago }
webhooks-failing-since = Has taken nothing since
webhooks-old-secret = Old secret
webhooks-until = good until { $at }
webhooks-problem = What went wrong
webhooks-secret = Signing secret
webhooks-made = The endpoint is there. This is its signing secret, shown this once:
webhooks-rotated = This is the new signing secret, shown this once:
webhooks-secret-use = Give it to whoever receives: with it they check that a delivery comes from here.
webhooks-secret-kept = I have kept it
webhooks-old-until = Deliveries are signed with both secrets until { $at }.
webhooks-old-ended = The old secret is good for nothing any more.
webhooks-rotate = Replace secret…
webhooks-rotate-title = Replace the secret of { $name }
webhooks-rotate-about = For a while deliveries are signed with both secrets, so that whoever receives can change in peace.
webhooks-rotate-under-way = It was replaced already: the secret before is good until { $at }. Only with 0 hours can it be replaced again now; then both end.
webhooks-rotate-do = Replace secret
webhooks-test = Send a test
webhooks-enable = Switch on
webhooks-disable = Switch off
webhooks-delete = Delete…
webhooks-delete-title = Delete { $name }?
webhooks-delete-means = This can’t be undone. What will happen:
webhooks-delete-waiting = { $count ->
    [0] Nothing waits for it.
    [one] { $count } delivery that waits is never sent.
   *[other] { $count } deliveries that wait are never sent.
}
webhooks-delete-dead = { $count ->
    [0] Nothing was given up that would be lost.
    [one] { $count } delivery that was given up can’t be sent again.
   *[other] { $count } deliveries that were given up can’t be sent again.
}
webhooks-delete-log = Its log goes, and its secret.
webhooks-delete-do = Delete { $name }
webhooks-done-deleted = The endpoint is deleted.
webhooks-endpoint-done-saved = Saved.
webhooks-endpoint-done-enabled = It is told what happens again, with everything that waits.
webhooks-endpoint-done-disabled = It is told nothing. What happens meanwhile is told when it is switched on again, as far as it is still kept.
webhooks-endpoint-done-replayed = They are on their way again.
webhooks-endpoint-done-nothing = There was nothing to send again.
webhooks-endpoint-done-discarded = Nobody is reminded of them any more.
webhooks-delivery-done-sent = The test is on its way. What becomes of it shows here.
webhooks-delivery-done-replayed = It is on its way again.
webhooks-delivery-done-discarded = Nobody is reminded of it any more.
webhooks-deliveries = Deliveries
webhooks-deliveries-none = There is no such delivery.
webhooks-newest = Newest
webhooks-no-answer = None
webhooks-not-tried = Not tried yet
webhooks-took = { $milliseconds } ms
webhooks-fate = What became of it
webhooks-first-tried = First tried
webhooks-last-tried = Last tried
webhooks-replay-now = Try it now
webhooks-replay-one = Send it again
webhooks-discard-one = Discard it
webhooks-dead-title = What was given up
webhooks-dead-about = { $count ->
    [0] Nothing was given up.
    [one] { $count } delivery was given up.
   *[other] { $count } deliveries were given up.
}
webhooks-replay-dead = Send all of them again
webhooks-discard-dead = Discard all of them
webhooks-span-title = Send a span of time again
webhooks-span-about = Everything that happened in it and that this endpoint wants is sent once more, also what it took.
webhooks-span-do = Send it again
webhooks-bad-span = Say from when and until when, both as a day and a time.

### Connector

connector-about = Keeps a remote AIsoule workspace equal to this one: people, their roles and their teams, by its REST API.
connector-none = There is no connector: nothing keeps AIsoule equal to this workspace.
connector-new = Connect AIsoule
connector-create = Connect
connector-edit = Edit
connector-edit-title = Edit the connector
connector-field-profile = Profile
connector-field-url = Address of the API
connector-field-key = API key
connector-field-adopts = Adopt accounts that are there already
connector-hint-profile = How this AIsoule is spoken to; from the settings of the bridge.
connector-hint-url = Empty: that of the profile.
connector-hint-key = A key of the remote workspace that may read and write users, roles and teams. It is sealed and never shown again.
connector-hint-key-kept = One is kept. Enter it again if you change the address or the profile: it never goes anywhere else than it was entered for.
connector-hint-adopts = An account there with somebody’s address becomes theirs without asking. Otherwise you decide about each one.
connector-done-created = The connector is there. Everybody is being brought over.
connector-done-saved = Saved.
connector-done-removed = The connector is removed. Nothing was changed on the other side.
connector-done-paused = It is paused: nothing is sent. What changes is remembered.
connector-done-resumed = It goes on, also with what was stuck.
connector-done-claimed = The account there is theirs now. What is still to be done follows by itself.
connector-done-asked = Both sides are being compared. The report shows here as soon as it is there.
connector-done-mending = Both sides are being compared, and what differs is mended.
connector-state = State
connector-state-running = Running
connector-state-paused = Paused
connector-state-stopped = Stopped
connector-fact-adopts = Accounts that are there already
connector-adopts-yes = Are adopted by their address
connector-adopts-no = Are decided about one by one
connector-fact-waiting = On its way
connector-fact-stuck = Needs a decision
connector-fact-success = Last success
connector-fact-compared = Last compared
connector-oldest = the oldest from { $ago }
connector-pause = Pause
connector-resume = Resume
connector-retry = Try everything again now
connector-remove = Remove…
connector-remove-title = Remove the connector?
connector-remove-means = { $url } is kept equal to this workspace no longer. What will happen:
connector-remove-there = Nothing changes there: every account stays as it is, also of people who leave later.
connector-remove-links = Who is who there is forgotten. Connecting it again asks anew about accounts that are there already.
connector-remove-key = The key and the reports are deleted.
connector-remove-do = Remove the connector
connector-work-title = What has not arrived
connector-work-none = Everything has arrived.
connector-work-shown = { $count } of { $total }
connector-column-who = Who or what
connector-column-since = Since
connector-column-why = Why
connector-column-remedy = What helps
connector-leaving = Leaving
connector-stuck = Needs a decision
connector-on-its-way = On its way.
connector-tries = Attempts: { $count }. Next: { $next }.
connector-claim = The account is theirs
connector-then-retry = Put it right, then try everything again.
connector-compare-title = Comparisons
connector-compare-about = A comparison looks at both sides and says where they differ. It changes nothing.
connector-compare = Compare both sides
connector-wanted-compare = A comparison is on its way.
connector-wanted-apply = A comparison that mends what it finds is on its way.
connector-column-at = When
connector-column-people = People
connector-column-kind = How it differs
connector-column-field = In what
connector-column-here = Here
connector-column-there = There
connector-kind-missing = Missing there
connector-kind-extra = Only there
connector-kind-unclaimed = Nobody’s yet
connector-kind-different = Different
connector-what-user = User
connector-what-team = Team
connector-what-membership = Team membership
connector-differs-email = Email address
connector-differs-full-name = Name
connector-differs-role-id = Role
connector-differs-is-active = Active
connector-differs-name = Name
connector-differs-description = Description
connector-differs-assignment-strategy = Assignment
connector-report-title = Drift report
connector-report-about = On { $at }: { $users } people here, { $accounts } accounts there, { $teams } teams.
connector-report-waiting = { $count ->
    [one] { $count } person was left out, because they are about to be changed there anyway.
   *[other] { $count } people were left out, because they are about to be changed there anyway.
}
connector-report-same = Both sides are equal.
connector-report-found = { $count ->
    [one] { $count } difference.
   *[other] { $count } differences.
}
connector-mend-title = Mend these
connector-mend-about = { $count ->
    [one] { $count } difference can be mended: the other side becomes what this one is.
   *[other] { $count } differences can be mended: the other side becomes what this one is.
}
connector-mend-never = Both sides are compared once more first. Nobody is deleted there, and nobody is deactivated who is not known here.
connector-mend-none = Nothing of this can be mended from here: it takes a decision first, or it is only there.
connector-mend-sure = Change the remote workspace
connector-mend-unsure = Nothing was changed: tick the box that says that you mean it.
connector-mend = Mend these
