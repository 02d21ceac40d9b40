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

### Users

users-new = New User
users-search-label = Find people
users-search-hint = Name or email
users-any = Any
users-all = Show everybody
users-found = { $count ->
    [one] 1 person
   *[other] { $count } people
}
users-found-more = More than { $count } people
users-page = Page { $page }
users-none = Nobody fits. Change the search or the filters.
users-name = Name
users-full-name = Full Name
users-email = Email
users-role = Role
users-team = Team
users-teams = Teams
users-status = Status
users-last-login = Last login
users-protected = Protected
users-you = You
users-status-active = Active
users-status-inactive = Inactive
users-status-waiting = Waiting for a seat
users-choose = Choose { $name }
users-chosen = With everybody you ticked
users-chosen-hint = Nothing happens yet: the next page says what it would mean for each of them.
users-activate = Activate
users-deactivate = Deactivate
users-new-role = New role
users-give-role = Change role
users-pages = Pages of the list

users-create = Create user
users-full-name-hint = As colleagues see it. A descriptive name helps everybody.
users-email-hint = What they log in with. Nobody else here can have it.
users-initial-password = Password (initial)
users-initial-password-hint = { $count } characters or more. They choose their own when they first log in.
users-initial-password-mail = Left empty, they get a mail with a link to choose one, or log in through your company.
users-initial-password-no-mail = No mail goes out from here. Left empty, they can only log in through your company.
users-new-role-hint = Not everybody needs to be an Admin. A role other than the default one is pinned: no rule changes it.
users-no-welcome = Write no welcome mail
users-make-protected = Protected account
users-protected-hint = For emergencies: no identity provider can see, change or deactivate it, and it always logs in with its password.
users-wrong-name = Enter a full name of 1 to 100 printable characters.
users-wrong-email = This is no email address.
users-wrong-taken = Somebody here already has this email.
users-owned-name = The identity provider keeps this person's name. Tick the box below to set it all the same and keep it.
users-owned-email = The identity provider keeps this person's email. Tick the box below to set it all the same and keep it.
users-owned-active = The identity provider has this person as inactive. Tick the box below to activate them all the same.
users-owned-user = The identity provider keeps this person and would make them anew. Tick the box below to delete them all the same.
users-owned-team = A rule gives this team to a group that the person is in. Tick the box beside the team to keep them out all the same.
users-wrong-role = Choose a role of this workspace.
users-password-short = Choose a password of { $count } characters or more.
users-password-long = Choose a password of { $count } bytes at the most.
users-password-easy = This password is too easy to guess: it is common, a pattern, or made of their own name or address. A few words that have nothing to do with each other make a good one.
users-seats-now = { $used } of { $limit } seats are in use.

users-done-created = The user was created.
users-done-queued = The user was created and waits for a seat: every seat is taken.
users-done-edited = The changes are saved and hold at once.
users-done-activated = Active again: they can log in.
users-done-parked = Waiting for a seat: they are activated by themselves when one is free.
users-done-deactivated = Deactivated: they are out everywhere, and everything of theirs is kept.
users-done-deleted = The user was deleted.
users-done-password = The new password is set. They choose their own at the next login.
users-done-factor = The second factor is removed.
users-done-session = The session has ended.
users-done-sessions = The sessions have ended.
users-done-released = It is given back.
users-done-pinned = The role is pinned: no rule changes it.
users-done-joined = They are in the team.
users-done-left = They are out of the team.

users-facts = At a glance
users-way = How they log in
users-way-both = With { $connection } or a password
users-way-sso = With { $connection } only
users-way-password = With a password
users-way-no-password = With a password, but none is set yet
users-way-none = Not at all: signing in through the company is required, and no connection serves their address
users-conversations = Conversations
users-conversations-count = { $count ->
    [one] 1 assigned
   *[other] { $count } assigned
}
users-available = Takes conversations now
users-made = Created
users-external-id = Id at the identity provider
users-yes = Yes
users-no = No
users-nothing = nothing
users-acts = What you can do
users-edit = Edit
users-reset-password = Reset Password
users-delete = Delete
users-factor-on = A second factor is asked for
users-factor-off = No second factor is set up.
users-factor-hint = Remove it when their phone is gone, after you have made sure that it is they who ask. They can set up another one.
users-factor-remove = Remove the second factor

users-why = Who keeps what, and why
users-field = Field
users-value = Now
users-kept = Kept by
users-kept-provider = The identity provider keeps it.
users-kept-here = Nobody but you: it is changed here by hand.
users-kept-pin = Set by hand by { $by }, { $at }; no sync changes it. The identity provider says: { $provider }
users-kept-hold = Deactivated by hand by { $by }, { $at }.
users-kept-hold-active = Deactivated by hand by { $by }, { $at }. The identity provider has them as active.
users-kept-hold-inactive = Deactivated by hand by { $by }, { $at }. The identity provider has them as inactive too.
users-kept-waiting = Activated by itself when a seat is free; put into the queue { $since }.
users-release = Give it back to the provider
users-release-role = Let the rules decide
users-pin-role = Keep this role
users-why-manual = Set by hand and pinned: no rule changes it.
users-why-protected = Set by hand, as of every protected account.
users-why-no-rule = The default role: no rule concerns them.
users-why-no-role = The default role: no rule of their groups gives a role.
users-why-rule = Because they are in the group { $group }: the rule with priority { $priority } gives it.
users-why-some-rule = Because of a rule.
users-rules = Rules that concern them
users-rule = Group { $group }, priority { $priority }: { $role }
users-rule-decides = Group { $group }, priority { $priority }: { $role }. This one decides.
users-rule-no-role = no role, only teams
users-groups-none = In no group.

users-teams-none = In no team.
users-team-agent = Agent
users-team-manager = Manager
users-team-out = kept out
users-team-as = As
users-team-add = Add to the team
users-team-remove = Take out
users-team-overrule = Keep out, although a rule says otherwise
users-team-release = Let the rules decide
users-team-hand = Put in by hand.
users-team-hand-too = Put in by hand; a rule would give it too, because of { $groups }.
users-team-rule = By a rule, because they are in { $groups }.
users-team-kept-out = Kept out by hand, although a rule would have them in because of { $groups }.

users-sessions = Where they are logged in
users-sessions-none = Nowhere.
users-session = Logged in { $door } from { $address }, { $began }; last used { $used }
users-session-this = this browser
users-session-end = End it
users-sessions-end-all = End all sessions
users-sessions-end-others = End all my other sessions
users-door-password = by password
users-door-link = through a link in a mail
users-door-sso = through the company
users-browser = { $name } on { $system }
users-browser-unknown = Unknown browser

users-edit-title = Edit { $name }
users-role-at-once = Another role holds at once, without logging in again, and is pinned.
users-overrule = I mean it, although the identity provider says otherwise
users-overrule-hint = The name and the email that you enter hold then, and no sync changes them until you give them back.
users-overrule-active = The identity provider has them as inactive. Your activation holds until its next word.
users-overrule-delete = The identity provider keeps this person and would make them anew. Rather deactivate them, or take them out there.

users-what-happens = What will happen
users-deactivate-title = Deactivate { $name }?
users-deactivate-one = Deactivate { $name }
users-deactivate-already = They are inactive already.
users-fate-oneself = This is you: you will be logged out.
users-fate-login = They can no longer log in.
users-fate-login-all = None of them can log in any more. Everything of theirs is kept.
users-fate-conversations = { $count ->
    [0] No conversation is assigned to them.
    [one] 1 conversation becomes unassigned.
   *[other] { $count } conversations become unassigned.
}
users-fate-sessions = { $count ->
    [0] Nobody is logged in now: no session ends.
    [one] 1 session ends at once.
   *[other] { $count } sessions end at once.
}
users-fate-keys = { $count ->
    [one] 1 API key that acts as them is revoked: { $names }
   *[other] { $count } API keys that act as them are revoked: { $names }
}
users-fate-seat = Their seat becomes free: { $used } of { $limit } will be in use.
users-fate-seat-given = Their seat becomes free.
users-fate-no-seat = They have no seat; they leave the queue.
users-fate-promoted = { $count ->
    [one] { $names } waits for a seat and gets it.
   *[other] { $names } wait for seats and get them.
}
users-fate-kept = Everything of theirs is kept: messages, notes, teams and their password. You can activate them again.
users-fate-provider = The identity provider is not told. It can't activate them again; you can.
users-fate-return = They can log in again with what they logged in with before.
users-fate-role = The new role holds at once, without logging in again, and is pinned: no rule changes it.
users-activate-title = Activate { $name }?
users-activate-one = Activate { $name }
users-seat-free = { $count ->
    [one] 1 is free: they take it.
   *[other] { $count } are free: they take one.
}
users-seat-overage = None is free: they come in beyond the plan, and the Admins are told.
users-seat-wait = None is free: they wait, and are activated by themselves, oldest first, when one is.
users-seat-refuse = None is free, and the policy is to refuse. Deactivate somebody else first, or change the plan.
users-to-seats = Look at the seats
users-delete-title = Delete { $name }?
users-delete-one = Delete { $name } for good
users-delete-gone = They disappear from the list and can't be brought back. Their email is free for somebody else, who inherits nothing.
users-delete-kept = What they wrote and the audit log are kept.
users-delete-rather = Deactivating frees the seat too, and keeps more.
users-deactivate-instead = Deactivate instead
users-password-title = Reset the password of { $name }
users-password-next = They log in with it next time, and choose their own then.
users-password-told = They are told by mail that their password was changed, where mail goes out. Tell them the new one yourself.
users-password-no-use = They have to sign in through the company: a password is of no use to them now.
users-new-password = New password
users-password-hint = { $count } characters or more, and not easy to guess.
users-password-set = Set the new password

users-bulk-activate = { $count ->
    [one] Activate 1 person?
   *[other] Activate { $count } people?
}
users-bulk-activate-button = { $count ->
    [one] Activate 1 person
   *[other] Activate { $count } people
}
users-bulk-deactivate = { $count ->
    [one] Deactivate 1 person?
   *[other] Deactivate { $count } people?
}
users-bulk-deactivate-button = { $count ->
    [one] Deactivate 1 person
   *[other] Deactivate { $count } people
}
users-bulk-give-role = { $count ->
    [one] Give 1 person the role { $role }?
   *[other] Give { $count } people the role { $role }?
}
users-bulk-give-role-button = { $count ->
    [one] Give 1 person the role { $role }
   *[other] Give { $count } people the role { $role }
}
users-bulk-active = They are active already.
users-bulk-waiting = They wait for a seat already.
users-bulk-inactive = They are inactive already.
users-bulk-role = They have this role already.
users-bulk-returns = They can log in again.
users-bulk-role-from = { $old } becomes { $new }
users-bulk-kept = The identity provider says otherwise: only with the tick below.
users-bulk-not = Not done
users-bulk-left-out = { $count ->
    [one] 1 person is left out; beside them stands why.
   *[other] { $count } people are left out; beside each stands why.
}
users-bulk-frees = { $count ->
    [0] No seat becomes free.
    [one] 1 seat becomes free.
   *[other] { $count } seats become free.
}
users-bulk-needs = { $count ->
    [one] 1 seat is needed; free: { $free }.
   *[other] { $count } seats are needed; free: { $free }.
}
users-bulk-refuses = { $count ->
    [one] 1 person will be refused.
   *[other] { $count } people will be refused.
}
users-bulk-parks = { $count ->
    [one] 1 person will wait for a seat.
   *[other] { $count } people will wait for a seat.
}
users-bulk-exceeds = { $count ->
    [one] 1 person comes in beyond the plan.
   *[other] { $count } people come in beyond the plan.
}
users-bulk-busy = The database did not answer in time; try again.
users-bulk-result = What was done
users-bulk-did-activate = { $count ->
    [0] Nobody was activated.
    [one] 1 person was activated.
   *[other] { $count } people were activated.
}
users-bulk-did-deactivate = { $count ->
    [0] Nobody was deactivated.
    [one] 1 person was deactivated.
   *[other] { $count } people were deactivated.
}
users-bulk-did-role = { $count ->
    [0] Nobody got the role { $role }.
    [one] 1 person has the role { $role } now.
   *[other] { $count } people have the role { $role } now.
}
users-bulk-not-done = { $count ->
    [one] It was not done for 1 person.
   *[other] It was not done for { $count } people.
}
users-bulk-refused = Not done
users-bulk-done = Done
users-back-to-list = Back to the list

users-story = The story
users-story-none = Nothing has happened yet.
users-story-pages = Pages of the story
users-story-refused = Refused
users-story-why = Why
users-story-joined = Teams joined
users-story-left = Teams left
users-story-user-created = Created
users-story-user-updated = Changed
users-story-user-noted = Noted what the provider says
users-story-user-activated = Activated
users-story-user-deactivated = Deactivated
users-story-user-parked = Put into the queue for a seat
users-story-user-deleted = Deleted
users-story-user-role-changed = Role changed
users-story-user-team-changed = Teams changed
users-story-user-password-changed = Password changed
users-story-user-password-reset = Password reset
users-story-user-password-removed = Password removed
users-story-user-reset-requested = Asked for a link to choose a password
users-story-password-link-issued = Got a link to choose a password
users-story-identity-linked = Linked to an account of the company
users-story-identity-unlinked = No longer linked to an account of the company
users-story-identity-claims = The company said something new
users-story-second-factor-added = Second factor set up
users-story-second-factor-removed = Second factor removed
users-story-second-factor-recovery-used = Recovery code used
users-actor-user = by hand
users-actor-token = identity provider
users-actor-client = identity provider's program
users-actor-key = API key
users-actor-operator = command line
users-actor-system = the bridge itself
users-actor-visitor = somebody at the login page
users-actor-connection = single sign-on
users-field-username = userName
users-field-standing = Status
users-field-role = Role
users-field-rolesource = Role decided by
users-field-displayname = Display name
users-field-emails = Emails
users-field-name = Name
users-field-pins = Held by hand
users-field-provisioned = Kept by an identity provider
users-field-manager = Reports to
users-field-title = Job title
users-field-department = Department
users-field-externalid = Id at the identity provider
users-field-expires-at = Good until
users-field-purpose = For
users-source-default = nobody: the default role
users-source-rule = a rule
users-source-manual = hand

### Seats

seats-gauge = { $used } of { $limit } seats in use
seats-warning-most = Four fifths of the seats are in use. Soon nobody new fits in.
seats-warning-all = Every seat is in use.
seats-warning-beyond = More people are active than there are seats. Nobody loses theirs; but nobody new gets one.
seats-next-free = { $count ->
    [one] 1 seat is free.
   *[other] { $count } seats are free.
}
seats-next-reject = None is free: the next one is refused.
seats-next-park = None is free: the next one waits, and comes in when a seat frees.
seats-next-overage = None is free: the next one comes in beyond the plan.
seats-next-waiting = { $count ->
    [one] 1 person waits.
   *[other] { $count } people wait.
}
seats-next-beyond = { $count ->
    [one] That is 1 more than there are.
   *[other] That is { $count } more than there are.
}
seats-queue = Who waits for a seat
seats-queue-empty = Nobody.
seats-queue-count = { $count ->
    [one] 1 person, the next one first:
   *[other] { $count } people, the next one first:
}
seats-queue-since = put into the queue { $since }
seats-queue-all = Show everybody who waits
seats-terms = Plan and limit
seats-plan = Plan
seats-plan-label = { $count ->
    [one] { $plan } (1 seat)
   *[other] { $plan } ({ $count } seats)
}
seats-own = Own number of seats
seats-own-hint = Instead of the plan's. Leave it empty for what the plan has.
seats-wrong-number = Enter a whole number of seats from 0 to 10,000,000, or leave it empty.
seats-policy = At the limit
seats-policy-reject = Refuse
seats-policy-reject-hint = Whoever is to be active beyond the limit is refused, and the identity provider is told why.
seats-policy-park = Let them wait
seats-policy-park-hint = They are kept, inactive and waiting, and are activated by themselves, oldest first, when a seat frees.
seats-policy-overage = Let them in
seats-policy-overage-hint = They come in beyond the plan; it is noted, and the Admins are told.
seats-no-eviction = A smaller plan takes nobody's seat away: it keeps newcomers out. A larger one lets in who waits.
seats-done-saved = Saved. It holds at once.
seats-history = The last 90 days
seats-chart = Seats in use each day, at the most; the highest was { $most }. Days known: { $days } of { $count }.
seats-used = In use
seats-waiting = Waiting
seats-limit = Seats there are
seats-day = Day
seats-as-table = Show as a table
