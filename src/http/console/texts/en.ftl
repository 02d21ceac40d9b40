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

### What several sections say

paging-label = Pages
persons-search = Name or email
persons-nobody = Nobody is found by that.
because-rule = because group { $group }, rule with priority { $priority }
because-gone = because of a rule that there is no more
because-manual = because somebody set it by hand
because-default = the default role: no rule gives another one
trouble-name = A name has 1 to 100 characters.

### Permissions

permission-on-users = Users
permission-on-roles = Roles
permission-on-teams = Teams
permission-on-groups = Groups
permission-on-rules = Rules
permission-on-seats = Seats
permission-on-chat = Conversations
permission-on-audit = Audit log
permission-on-reviews = Access reviews
permission-on-tokens = Tokens
permission-on-keys = API keys
permission-on-clients = Programs
permission-on-events = Events
permission-on-connections = Single sign-on
permission-on-webhooks = Webhooks
permission-on-connector = Connector
permission-on-health = Health
permission-on-log = Request log
permission-users-read = See users, their roles, teams and why they have them
permission-users-write = Make and edit users, give roles, activate, deactivate, reset passwords
permission-users-delete = Delete users
permission-roles-read = See roles and what they allow
permission-roles-write = Make and edit roles
permission-roles-delete = Delete roles
permission-teams-read = See teams and their members
permission-teams-write = Make and edit teams, add and remove members
permission-teams-delete = Delete teams
permission-groups-read = See the groups that identity providers push, and who is in them
permission-groups-write = Make and edit groups by hand
permission-groups-delete = Delete groups
permission-rules-read = See the rules that give roles and teams to groups
permission-rules-write = Make, edit and delete rules
permission-seats-read = See the plan, the seats and who waits for one
permission-seats-write = Change the plan and what happens at its limit
permission-chat-read = Read conversations
permission-chat-write = Write messages and notes
permission-chat-assign = Assign conversations
permission-audit-read = Read, export and verify the audit log
permission-audit-write = Change for how long the audit log is kept
permission-reviews-read = See access reviews
permission-reviews-write = Start access reviews, decide and apply them
permission-tokens-read = See the tokens of identity providers
permission-tokens-write = Make and revoke tokens for identity providers
permission-keys-read = See API keys
permission-keys-write = Make and revoke API keys
permission-clients-read = See the programs that people sign in to through the bridge
permission-clients-write = Let people sign in to a program through the bridge, or no longer
permission-events-read = Follow what happens in the workspace as it happens
permission-connections-read = See how people sign in: connections, domains, whether it is enforced
permission-connections-write = Change how people sign in: connections, domains, enforcement
permission-webhooks-read = See webhook endpoints and what became of each delivery
permission-webhooks-write = Make, change and delete webhook endpoints, rotate their secrets, deliver again
permission-connector-read = See how the remote AIsoule workspace stands, and where it differs
permission-connector-write = Connect a remote AIsoule workspace, compare with it and mend it
permission-health-read = See how provisioning and delivery are doing, and who is stuck
permission-log-read = Read what identity providers asked and were answered

### Roles

roles-title = Roles
roles-new = New role
roles-create = Create the role
roles-intro = A role says what its holders may do. A change holds from their next click on.
roles-name = Name
roles-description = What it is for
roles-people = Active people
roles-permissions = Permissions
roles-permission = Permission
roles-people-of = { $count ->
    [one] { $count } active person with the role { $role }
   *[other] { $count } active people with the role { $role }
}
roles-built-in = built in
roles-default = default
roles-what-admin = May do everything
roles-what-manager = Leads teams: sees everybody, changes teams, assigns conversations
roles-what-agent = Answers conversations
roles-matrix = What each role allows
roles-matrix-hint = Open a role to change what it allows. Built-in roles stay as they are.
roles-yes = yes
roles-no = no
roles-held-by = { $count ->
    [one] { $count } person has it
   *[other] { $count } people have it
}
roles-built-in-hint = This role is built in: it can’t be edited or deleted. Make a role of your own where you need another one.
roles-allows = What it allows
roles-own-only = You can only give permissions that you have yourself.
roles-default-title = Default role
roles-default-hint = Whoever is new gets the default role when no rule gives another one. Everybody who has the default role now gets this one instead.
roles-make-default = Make { $role } the default
roles-delete-title = Delete this role
roles-delete-default = It is the default role. Make another one the default first.
roles-delete-in-use = It is in use. Give people another role and change these rules first:
roles-delete-free = Nobody has it, and no rule gives it.
roles-given-by = The rule for the group
roles-delete = Delete { $role }
roles-done-created = The role was created.
roles-done-saved = The role was saved. It holds from now on.
roles-done-default = It is the default role from now on.
roles-done-deleted = The role was deleted.

### Teams

teams-title = Teams
teams-new = New team
teams-create = Create the team
teams-intro = Conversations are dealt out to teams. Rules put people into them, or you do it by hand.
teams-none = There is no team yet.
teams-name = Name
teams-description = What it is for
teams-strategy = How conversations are dealt out
teams-strategy-hint = Only to members who are active and available.
teams-round-robin = To each in turn
teams-load-balanced = To whoever has the fewest
teams-manual = By hand
teams-members = Members
teams-paused = paused
teams-has = { $count ->
    [one] { $count } member
   *[other] { $count } members
}
teams-empty = Nobody is in this team.
teams-person = Person
teams-kind = As
teams-agent = Agent
teams-manager = Manager
teams-why = Why
teams-by-hand = added by hand
teams-by-group = because of { $groups }
teams-actions = What can be done
teams-inactive = inactive
teams-release = Leave it to the rules
teams-remove = Remove
teams-overrule-title = Keep { $name } out of this team?
teams-overrule = A rule gives this team to a group that they are in. They can be kept out all the same, until you leave it to the rules again.
teams-keep-out = Keep { $name } out
teams-add-title = Add somebody
teams-add = Add
teams-is-member = is a member
teams-kept-out = Kept out by hand
teams-kept-out-hint = A rule would have them in this team; somebody decided otherwise.
teams-rules = Rules that give this team
teams-terms = Name and dealing out
teams-active = Conversations are dealt out to this team
teams-delete-title = Delete this team
teams-delete-hint = Its members stay what they are; only the team goes.
teams-delete-in-use = Rules give this team. Change them first.
teams-delete = Delete { $team }
teams-done-created = The team was created.
teams-done-saved = The team was saved.
teams-done-added = They are in the team now.
teams-done-removed = They are no longer in the team.
teams-done-released = It is left to the rules again.
teams-done-deleted = The team was deleted.

### Groups

groups-title = Groups
groups-new = New group
groups-new-hint = Groups usually come from your identity provider. Make one by hand where there is none.
groups-create = Create the group
groups-intro = What your identity provider pushes. A rule can give a role and teams to everybody in a group.
groups-search = Name
groups-found = { $count ->
    [one] { $count } group
   *[other] { $count } groups
}
groups-none = There is no group yet. Your identity provider pushes them, once it is connected.
groups-nothing = No group has such a name.
groups-name = Name
groups-members = Members
groups-source = Comes from
groups-rule = Rule
groups-has-rule = Rule with priority { $priority }
groups-no-rule = none
groups-make-rule = Make a rule for it
groups-pushed-by = { $name } (provisioning)
groups-claimed-by = { $name } (at sign-in)
groups-made-by = { $name } (by hand)
groups-unknown-source = unknown: it is older than the audit log
groups-external-id = Id at the provider
groups-changed = Last changed
groups-has = { $count ->
    [one] { $count } member
   *[other] { $count } members
}
groups-people-in = { $count ->
    [one] { $count } person in this group
   *[other] { $count } people in this group
}
groups-show-all = Show everybody, also through groups in it
groups-show-direct = Show only its own members
groups-empty = Nobody is in this group.
groups-member = Member
groups-role = Role
groups-because = Why
groups-actions = What can be done
groups-is-group = group
groups-indirect = through a group
groups-remove = Remove
groups-add-title = Add a member
groups-search-member = Name or email of a person, or name of a group
groups-add = Add
groups-rename-title = Rename
groups-rename = Rename
groups-pushed-hint = A provider keeps this group. What you change by hand it may change back.
groups-bad-name = A group’s name has 1 to 100 characters.
groups-delete-title = Delete this group
groups-delete-hint = Its members stay what they are.
groups-delete-rule = Whoever is in it loses the role and the teams that the rule gives because of it. The rule stays and never finds another group.
groups-delete = Delete { $group }
groups-done-created = The group was created.
groups-done-renamed = The group was renamed.
groups-done-added = The member was added.
groups-done-removed = The member was removed.
groups-done-deleted = The group was deleted.

### Rules

rules-title = Rules
rules-new = New rule
rules-of = Rule for { $group }
rules-create = Create the rule
rules-intro = A rule gives everybody in a group a role, teams, or both. Where several give a role, the one with the highest priority decides. A role set by hand stays.
rules-none = There is no rule yet: everybody has the default role, or the one that somebody set by hand.
rules-order-hint = The highest number decides first. Drag a row, or type numbers.
rules-priority = Priority
rules-priority-of = Priority of the rule for { $group }
rules-priority-hint = The highest number decides first.
rules-group = Group
rules-group-hint = The name of a group. Where there is none of that name yet, the rule waits for the first one to come.
rules-to-group = Open the group
rules-waits = waits for its group
rules-waits-hint = It waits for the first group of this name.
rules-role = Role
rules-no-role = no role
rules-teams = Teams
rules-not-in = not in it
rules-admin-meant = If the role is Admin: everybody in the group is to become an Admin
rules-admin-unsaid = This makes everybody in the group an Admin. Tick the box that says that this is meant.
rules-gives-nothing = A rule gives a role, or teams, or both. Choose at least one.
rules-several = Several groups have this name. Open the one that you mean under Groups, and make the rule from there.
rules-no-group = There is no such group, or the name can’t be one.
rules-clash = There is a rule for this group already. Change that one.
rules-bad-priority = A priority is a whole number.
rules-look = See who would change
rules-look-deletion = See who would change without it
rules-look-title = Who would change
rules-look-new = Everybody in the group { $group } would get: { $role }.
rules-look-ahead = There is no group { $group } yet. Whoever comes into it would get: { $role }.
rules-look-order = The rules would decide in another order.
rules-look-delete = The rule for the group { $group } would be gone.
rules-look-count = { $count ->
    [one] { $count } person changes.
   *[other] { $count } people change.
}
rules-look-unsaved = Nothing is saved yet.
rules-look-move = { $count ->
    [one] { $count } person: { $old } becomes { $new }
   *[other] { $count } people: { $old } becomes { $new }
}
rules-look-rest = { $count ->
    [one] And { $count } more person.
   *[other] And { $count } more people.
}
rules-look-person = Person
rules-look-role = Role
rules-look-becomes = becomes
rules-look-same = stays
rules-look-teams = Teams
rules-look-joins = joins { $team }
rules-look-leaves = leaves { $team }
rules-look-why = Why
rules-look-back = Go on editing
rules-save-order = Save the order
rules-people = Who is in the group, and why they have their role
rules-delete = Delete the rule
rules-delete-title = Delete this rule
rules-delete-hint = Whoever has a role or a team because of it gets what the other rules give.
rules-done-created = The rule was created and is in effect.
rules-done-saved = The rule was saved and is in effect.
rules-done-deleted = The rule was deleted.
rules-done-ordered = The order was saved and is in effect.

### Audit log

audit-title = Audit log
audit-intro = Who did what, when and from where, and what it was before. No entry can be changed or taken out unnoticed.
audit-actor = Who
audit-action = Action
audit-subject = About whom or what
audit-from = From (UTC)
audit-to = Until (UTC)
audit-clear = Show everything
audit-export = Export what is shown by this filter:
audit-nothing = No entry fits.
audit-bad-day = This day can’t be read. Write it as 2026-11-26.
audit-address = from { $address }
audit-number = entry { $number }
audit-request = request
audit-values = { $count ->
    [one] { $count } value
   *[other] { $count } values
}
audit-value = Value
audit-old = Before
audit-new = After
audit-yes = yes
audit-no = no
audit-kind-token = provisioning token
audit-kind-client = OAuth client
audit-kind-user = person
audit-kind-key = API key
audit-kind-system = by itself
audit-kind-operator = command line
audit-kind-connection = sign-in
audit-proof = Proof and retention
audit-whole-title = Is the log whole?
audit-whole-hint = Each entry is sealed together with the one before it. Verifying walks through all of them and finds any that was changed, added or taken out.
audit-verify = Verify now
audit-verify-again = Verify again
audit-is-whole = { $count ->
    [one] The log is whole: { $count } entry, as it was written.
   *[other] The log is whole: { $count } entries, each as it was written.
}
audit-since = The first one is from { $at }.
audit-pruned = Entries up to number { $number } are gone because their time was over, as a sealed entry says.
audit-head = The last seal. Note it elsewhere, and know the log again by it:
audit-is-broken = The log is not whole: { $detail }. Keep a copy of the database, and find out who had access to it.
audit-keep-title = How long entries are kept
audit-keep-hint = Older entries are taken out once an hour; what stays can still be verified.
audit-keep = Keep entries
audit-keep-all = for ever
audit-keep-some = for a number of days
audit-days = Days
audit-bad-days = That is no number of days for which the log can be kept (1 to 36,500).
audit-done-kept = Saved: entries are kept that long from now on.

### Access review

reviews-title = Access review
reviews-intro = Once a quarter somebody looks at who has access and why, decides about each, and keeps the outcome as evidence.
reviews-none = There was no review yet.
reviews-name = Name
reviews-name-hint = What people call it: Autumn 2026.
reviews-as-of = As of
reviews-as-of-hint = Empty: as things stand now.
reviews-due = To be done until
reviews-due-hint = Empty: no deadline.
reviews-progress = Progress
reviews-open = open
reviews-closed = closed
reviews-by = started by { $name }
reviews-decided-of = { $decided } of { $people } decided
reviews-counts = Keep their access: { $kept }. Lose it: { $removed }, of whom { $applied } already have.
reviews-start-title = Start a review
reviews-start-hint = It lists everybody who has access, with why they have it. Nobody loses anything before you say so at the end.
reviews-start = Start the review
reviews-future = This day lies in the future.
reviews-too-early = The audit log does not reach back that far.
reviews-shows = It shows access as of { $at }.
reviews-until = To be done until { $at }.
reviews-people = People
reviews-which = Which people
reviews-which-undecided = Undecided
reviews-which-all = Everybody
reviews-which-admins = Admins
reviews-which-dormant = Away for 90 days
reviews-which-unexplained = No group explains it
reviews-which-deactivate = To lose access
reviews-which-keep = To keep it
reviews-found = { $count ->
    [one] { $count } person
   *[other] { $count } people
}
reviews-all-decided = Everything is decided. See what will happen.
reviews-nobody = Nobody here.
reviews-last-login = last logged in { $ago }
reviews-never-logged-in = never logged in
reviews-flag-protected = protected account
reviews-flag-admin = Admin
reviews-flag-never = never logged in
reviews-flag-dormant = away for 90 days
reviews-flag-unexplained = no group explains it
reviews-suggest-keep = Suggested: keep
reviews-suggest-remove = Suggested: remove
reviews-suggest-look = Look closely: you know best
reviews-decided = Decided by { $by }, { $at }
reviews-keep = Keep
reviews-remove = Remove
reviews-later = Not yet
reviews-note = Note
reviews-save = Save and go on
reviews-keep-rest = Save, and keep all others on this page
reviews-to-summary = What will happen
reviews-summary = What will happen
reviews-summary-of = { $name }: what will happen
reviews-still-undecided = { $count ->
    [one] About { $count } person nothing is decided yet.
   *[other] About { $count } people nothing is decided yet.
}
reviews-go-on = Go on deciding
reviews-will-go = { $count ->
    [one] { $count } person will be deactivated: logged out everywhere at once, and their seat is free.
   *[other] { $count } people will be deactivated: logged out everywhere at once, and their seats are free.
}
reviews-conversations = { $count ->
    [one] { $count } conversation becomes unassigned.
   *[other] { $count } conversations become unassigned.
}
reviews-everybody-else = Everybody else keeps what they have. Whoever is deactivated can be activated again.
reviews-nothing-to-do = There is nothing left to do. Close the review to keep it as evidence.
reviews-person = Person
reviews-role = Role
reviews-outcome = Outcome
reviews-outcome-waits = to be done
reviews-outcome-deactivated = deactivated
reviews-outcome-deleted = was deleted meanwhile
reviews-outcome-refused = Not possible: { $detail }
reviews-refused = { $count ->
    [one] { $count } decision could not be carried out. The reason stands beside the person; decide otherwise, or mend it and try again.
   *[other] { $count } decisions could not be carried out. The reason stands beside each person; decide otherwise, or mend it and try again.
}
reviews-apply = { $count ->
    [one] Deactivate { $count } person now
   *[other] Deactivate { $count } people now
}
reviews-close = Close the review
reviews-export = Export as evidence:
reviews-is-closed = This review is closed: it stays as it is.
reviews-not-yet = The review can be closed when everything is decided and carried out.
reviews-is-done = What was decided about one of them is carried out already.
reviews-done-started = The review has begun.
reviews-done-decided = Saved.
reviews-done-applied = Done: what was decided is in effect.
reviews-done-closed = The review is closed.
