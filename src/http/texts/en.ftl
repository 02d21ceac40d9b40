# What the pages say, in English. German stands in de.ftl, under the same names, in the same order.

### The calendar

calendar-months = January February March April May June July August September October November December
calendar-day = { $day } { $month } { $year }
calendar-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
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
frame-logout = Log out
frame-language = Language
frame-forbidden-title = Not for your role
frame-forbidden = Your role does not have the permission { $permission }. An Admin can give you one that has.
frame-search = Search
frame-filter = Filter
frame-save = Save
frame-cancel = Cancel
frame-back = Back
frame-newer = Newer
frame-older = Older
frame-previous = Previous
frame-next = Next
frame-page = Page { $page } of { $pages }
frame-copy = Copy
frame-copied = Copied
frame-live = Updates by itself
frame-choose-all = Choose all on this page
frame-reader-changed = What you may see and do has changed. What you typed is still here, until you load the page again.
frame-reader-reload = Load the page again
frame-reader-ended = You are no longer logged in. What you typed is still here; log in in a second window, and come back to this one.
frame-reader-login = Log in
frame-stands = Somebody else has changed it since you opened this form. This is what it is now.
frame-stands-hint = What you entered is still below and is not saved. If you save it again, it takes the place of this.
frame-retype = What is secret is not shown again. Type it once more: { $fields }.
frame-language-choose = In which language do you read?
frame-yes = Yes
frame-no = No

nav-users = Users
nav-seats = Seats
nav-roles = Roles
nav-teams = Teams
nav-groups = Groups
nav-rules = Rules
nav-provisioning = Provisioning
nav-requests = Request log
nav-sso = Single sign-on
nav-setup-links = Set-up links
nav-webhooks = Webhooks
nav-connector = Connector
nav-keys = API keys
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
trouble-not-told-of = The event { $event } tells what the permission { $permission } is for, which you do not have yourself. Leave it out, or have the permission given to you.
trouble-owned = { $field }: { $detail }. Tick the box that says that you mean it, to do it all the same and keep it.
trouble-was-owned = { $detail }. Whoever means it all the same ticks the box that says so.
trouble-provider-says = { $sentence } It says: { $words }
trouble-in-use = { $name } is in use ({ $users ->
    [one] 1 user
   *[other] { $users } users
}, { $rules ->
    [one] 1 rule
   *[other] { $rules } rules
}). Give them something else first.
trouble-enforced = People have to sign in through this. Say first that they don't have to.
trouble-nobody-came-in = Signing in through a connection can't be required before one Admin has come in through it. Let an Admin sign in through it once, then try again.
trouble-no-way-back = Signing in through a connection can't be required before there is a way in without it. Make a protected Admin with a password first.
trouble-other = That is not possible: { $detail }.
trouble-invalid = That is not possible. { $field }: { $detail }.

trouble-kind-user = user
trouble-kind-group = group
trouble-kind-workspace = workspace
trouble-kind-team = team
trouble-kind-role = role
trouble-kind-rule = rule
trouble-kind-endpoint = endpoint
trouble-kind-connection = connection
trouble-kind-connector = connector
trouble-kind-client = client
trouble-kind-domain = domain

trouble-attribute-name = name
trouble-attribute-description = description
trouble-attribute-username = userName
trouble-attribute-emails = emails
trouble-attribute-email = email
trouble-attribute-externalid = externalId
trouble-attribute-displayname = displayName
trouble-attribute-workspace = workspace
trouble-attribute-group = group
trouble-attribute-group-id = group
trouble-attribute-domain = domain
trouble-attribute-secret = client secret
trouble-attribute-api-key = API key
trouble-attribute-base-url = address of the API
trouble-attribute-profile = profile
trouble-attribute-issuer = issuer
trouble-attribute-client-id = client ID
trouble-attribute-scopes = scopes
trouble-attribute-groups-claim = claim that lists groups
trouble-attribute-roles-claim = claim that lists roles
trouble-attribute-key-id = what the provider calls the key
trouble-attribute-auth-method = how the bridge proves who it is
trouble-attribute-authorization-url = authorization URL
trouble-attribute-token-url = token URL
trouble-attribute-userinfo-url = userinfo URL
trouble-attribute-default-role-id = role of those who are added
trouble-attribute-auto-create-users = adding people at their first login
trouble-attribute-connection = connection
trouble-attribute-connection-id = connection
trouble-attribute-url = address
trouble-attribute-events = events
trouble-attribute-overlap-hours = hours in which both are good
trouble-attribute-redirect-uris = redirect URIs
trouble-attribute-post-logout-redirect-uris = addresses after logging out
trouble-attribute-backchannel-logout-uri = back-channel logout URI
trouble-attribute-seats = seats
trouble-attribute-plan = plan
trouble-attribute-members = members
trouble-attribute-role = role
trouble-attribute-role-id = role
trouble-attribute-rule = rule
trouble-attribute-teams = teams
trouble-attribute-team = team
trouble-attribute-user = user
trouble-attribute-user-id = user
trouble-attribute-endpoint = endpoint
trouble-attribute-delivery = delivery
trouble-attribute-to = to
trouble-attribute-from = from
trouble-attribute-expires-at = end
trouble-attribute-review = review
trouble-attribute-as-of = key date
trouble-attribute-days = days
trouble-attribute-is-default = default role
trouble-attribute-second-factor = second factor

### Logging in

login-title = Log in
login-email = Email address
login-password = Password
login-continue = Continue
login-or = or
login-with = Log in with { $provider }
login-by-password = Log in with a password
login-other = Another address
login-back = Back to the login
login-no-email = Enter an email address, such as anna@example.com.
login-failed = This address and this password do not open an account. Check both; after that, “Forgot your password?” lets you choose a new one.
login-several = If you belong to several workspaces, log in at your own one’s address: { $address }.

forgot-title = Forgot your password?
forgot-lead = Enter the address that you log in with. You get a mail with a link, by which you choose a new password.
forgot-send = Send the link
forgot-sent-title = Look into your mail
forgot-sent = If an account has this address, a mail with a link is on its way. The link works once, for an hour. If no mail comes, look among the unwanted ones, or ask an Admin of your workspace.

password-new = New password
password-first-title = Choose your own password
password-first = The password that you logged in with was set by somebody else. Choose one that only you know.
password-change-title = Change your password
password-change = Your other sessions end when you change it.
password-present = Present password
password-hint = { $count } characters or more. A few words that have nothing to do with each other make a good one.
password-save-new = Save the new password
password-save = Save the password
password-wrong = This is not your present password.
password-same = Choose another password than the present one.
password-changed-elsewhere = Your password was changed elsewhere in the meantime. Log in again.
password-easy = This password is too easy to guess: it is common, a pattern, or made of your own name or address. A few words that have nothing to do with each other make a good one.
password-none-title = No password yet
password-none = Your account has no password. You can choose one through a link in a mail.
password-none-next = Get a link
password-link-title = Choose a password
password-link = For { $email }. You are logged in with it at once.
password-link-useless-title = The link does not work any more
password-link-useless = This link was used already, is too old, or was replaced by a newer one. Ask for another one.
password-link-another = Get another link

factor-title = Second factor
factor-enter-title = Enter your code
factor-enter = Open the authenticator app on your phone and enter the six digits that it shows for AIsoule.
factor-code = Code
factor-code-hint = Without your phone, enter one of your recovery codes.
factor-failed = This code is not the current one, or it was used already. Wait for the next one, and check that the clock of your phone is right.
factor-bare = This account opens the workspace when nothing else does, and a password alone opens this account. Set up a second factor now.
factor-lead = A code from an authenticator app on your phone, asked for after your password. Whoever learns your password alone does not get in.
factor-password = Your password
factor-set-up = Set it up
factor-scan = Scan this picture with your authenticator app, then enter the six digits that it shows.
factor-picture = QR code for the authenticator app; the key below is the same as text
factor-key = Or enter this key by hand:
factor-confirm = Confirm
factor-is = It is set up: after your password, a code from your phone is asked for.
factor-is-protected = This account opens the workspace when nothing else does; keep it protected.
factor-later = Later: remind me at my next login
factor-wrong-password = This is not your password.
factor-wrong-code = This code is not the current one. Check that the clock of your phone is right.

recovery-title = Recovery codes
recovery-keep = Keep your recovery codes
recovery-done = The second factor is set up.
recovery-lead = Each of these codes lets you log in once without your phone. They are shown this one time: print them, or keep them in your password store.
recovery-kept = I have kept them

logout-title = Log out?
logout-who = You are logged in as { $name }.
logout-stay = Stay logged in
logout-done-title = Logged out
logout-done = You are logged out in this browser.
logout-again = Log in again

### Your own account

account-title = Your account
account-back = Back to your account
account-role = { $role } in { $workspace }
account-urgent = This account opens the workspace when nothing else does. Protect it with a second factor.
account-settings = Settings of { $workspace }
account-ways = Logging in
account-password-is = You have one.
account-password-none = You have none; you log in through your company.
account-password-change = Change it
account-password-choose = Choose one
account-factor-is = { $count ->
    [one] A code from your phone is asked for. 1 recovery code left.
   *[other] A code from your phone is asked for. { $count } recovery codes left.
}
account-factor-none = Not set up. A code from your phone keeps others out who learn your password.
account-factor-look = Look at it
account-sessions = Where you are logged in
account-sessions-end = End all other sessions
account-session = Logged in { $door }, { $began }; { $used }
account-session-from = Logged in { $door } from { $address }, { $began }; { $used }
account-door-sso = through your company
account-used-now = used just now
account-used-minutes = last used { $count } minutes ago
account-used-hours = last used { $count } hours ago
account-done-password = Your password is changed. Your other sessions have ended.
account-done-session = The session has ended.
account-done-sessions = Your other sessions have ended.
account-done-factor-removed = The second factor is removed.

### What is answered where there is no page

notice-login = Log in
notice-account = Your account
notice-nowhere-title = Not found
notice-nowhere = There is nothing at this address. It may have been mistyped, or what was here is gone.
notice-gone = What this page was about is not there any more.
notice-refused-title = That is not possible
notice-broken-title = Something went wrong
notice-broken = Something went wrong inside the bridge. The request id finds it in the log.
notice-method-title = Not possible
notice-method = This page can't be used that way.
notice-forged-title = The form has expired
notice-forged = This form did not come from a page of this site that is still open, or the browser keeps no cookies. Nothing was changed. Go back to the page, load it again, and send the form once more.
notice-unreadable-title = That can't be read
notice-unreadable = The address or the form has parts that this page does not know. Nothing was changed.
notice-wait-title = Please wait a moment
notice-wait = There were too many attempts. Nothing is locked: try again in { $span }.
notice-busy-title = Please try again in a moment
notice-busy = The service is busy or can't reach its database. Look whether what you wanted was done, then try again in a moment.

onward-title = One moment
onward-lead = You are being taken onward.

### Signing in through a provider

signin-unavailable-title = This way of signing in is not available
signin-unavailable = It does not exist, or it was switched off. Ask an Admin of your workspace.
signin-foreign-title = This sign-in does not come from your company's provider
signin-foreign = It names another issuer than the one that this workspace signs in with.
signin-no-answer-title = Your company's provider does not answer as it should
signin-no-answer = { $why } Try again in a moment; an Admin can run the connection's test to see more.
signin-too-many-title = One moment, please
signin-too-many = Very many sign-ins began from your network just now. Wait a few seconds and try again.
signin-over-title = This sign-in is over
signin-over = It was finished already, took too long, or began in another browser. Nothing happened; please begin again.
signin-denied-title = Your company's provider did not let you in
signin-denied = Either you stopped there, or this application is not open to you. Ask your IT department to be assigned to it, then log in again.
signin-failed-title = You could not be signed in
signin-failed = { $why } Please begin again; if it happens again, show this page to your IT department.
signin-another-way = Log in another way
signin-not-out-title = Nothing was logged out here
signin-not-out = This address belongs to a logout that did not begin here.
signin-out-title = You are logged out
signin-out = Here and at your company's provider.

barred-connection-unavailable-title = This way of signing in is not available
barred-connection-unavailable = It was switched off or changed while you were signing in. Try again; if it does not work, ask an Admin of your workspace.
barred-deactivated-title = Your account is deactivated
barred-deactivated = An Admin of your workspace, or your company's directory, has deactivated it. Your conversations and notes are kept. Ask an Admin to activate you again.
barred-waiting-for-seat-title = You are waiting for a seat
barred-waiting-for-seat = Your account is ready, but every seat of your workspace is in use. You get in by yourself as soon as one is free: try again later, or ask an Admin of your workspace.
barred-no-seat-title = All seats are taken
barred-no-seat = Ask an Admin of your workspace to deactivate somebody who no longer needs access, or to change the plan. Then sign in again.
barred-not-assigned-title = You have no account here yet
barred-not-assigned = Your company signs people in here only after they were added. Ask your IT department to assign you this application, or an Admin of your workspace to add you.
barred-foreign-domain-title = You have no account here yet
barred-foreign-domain = Your email address is not in a domain from which people are added by themselves. Ask an Admin of your workspace to add you.
barred-no-email-title = Your company's provider did not give us your email address
barred-no-email = Ask your IT department to let the provider send your email address (the scope "email") to this application.
barred-email-not-verified-title = Your company's provider does not vouch for your email address
barred-email-not-verified = An account has your address, or a company has shown that its domain is its own; but nobody has shown that the address is yours. Ask your IT department to have the address verified at the provider, or an Admin of your workspace.
barred-email-taken-title = This email address belongs to another account
barred-email-taken = That account is not yours as far as your company's provider is concerned: perhaps the address was somebody else's before. Ask an Admin of your workspace.
barred-other-connection-title = Your company signs in another way
barred-other-connection = Everybody with an email address of your domain signs in through one provider, and this is another. Go back and enter your email address: you are taken to the right one.
barred-must-use-sso-title = Log in with your company account
barred-must-use-sso = Your workspace signs people in through its company's provider, so a password opens nothing here. Go back and enter your email address: you are taken to the right place.

### Signing in to other programs

signin-wrong-title = This sign-in can't go on
signin-wrong = A program sent you here to sign in, but its request can't be answered. { $what } Nothing is wrong with your account; tell whoever runs the program.
signin-wrong-unreadable = What the program sent could not be read.
signin-wrong-program = It did not say which program it is (client_id).
signin-wrong-no-address = It did not say where to come back to, or said it twice (redirect_uri).
signin-wrong-unknown = It is not known here, or may no longer sign people in.
signin-wrong-address = It wants to come back to an address that is not registered for it (redirect_uri).
signin-elsewhere-title = Not your workspace
signin-elsewhere = You are signed in, but not to the workspace that { $program } belongs to. Log in with the account of that workspace instead. If you have none, ask one of its Admins.
signin-elsewhere-next = Log in with another account
signout-do = Sign out
signout-title = Sign out?
signout-who = You are signed in as { $name }. Signing out here also signs you out of the programs that you signed in to from here.
signout-done-title = You are signed out
signout-done = You can close this page now.
signout-bridge = Sign out of the bridge
signout-wrong-title = This can't go on
signout-wrong = A program sent you here to sign out, but its request can't be answered. { $what }
signout-wrong-unreadable = What the program sent could not be read.
signout-wrong-hint = Its id_token_hint is another program's.
signout-wrong-program = It did not say which program it is (id_token_hint or client_id).
signout-wrong-address = It wants to go on to an address that is not registered for it (post_logout_redirect_uri).

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
users-kept-provider-edit = It comes from the identity provider. To set it here, tick the box below; the next sync does not change it back then.
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
users-bulk-unforeseen = There was no time to look ahead; the result will say.
users-bulk-rest = { $count ->
    [one] { $count } person is still to come.
   *[other] { $count } people are still to come.
}
users-bulk-portion = It takes long, so it is done in portions. What is done stays done; nothing happens to the others before you go on.
users-bulk-go-on = { $count ->
    [one] Go on with { $count } more person
   *[other] Go on with { $count } more people
}
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
seats-beyond = In use beyond the limit
seats-used = In use
seats-waiting = Waiting
seats-limit = Seats there are
seats-day = Day
seats-as-table = Show as a table

### Provisioning

again-lead = It is more than five minutes since you proved who you are. What is made here opens the workspace to whoever has it, so log in once more first.
again-log-in = Log in once more
provisioning-lead = Identity providers push users and groups here by SCIM 2.0. Each proves itself with a token of its own.
provisioning-address = SCIM base URL
provisioning-token-address = Token URL
provisioning-okta = Connect Okta
provisioning-entra = Connect Microsoft Entra ID
provisioning-tokens = Tokens
provisioning-token = Token
provisioning-no-token = There is no token yet. Make one, then enter it at your identity provider.
provisioning-name = Name
provisioning-name-hint = The name of the provider, such as okta. It stands in the request log and the audit log.
provisioning-name-wrong = A name has 1 to 100 printable characters.
provisioning-choose = One of the choices is none of those that there are. Choose again.
provisioning-may = May do
provisioning-scope-write = Read and write
provisioning-scope-read = Only read
provisioning-profile = Profile
provisioning-compat = compat: as Okta and Entra ID really send
provisioning-interop = interop: strictly by the standard
provisioning-profile-hint = Leave it at compat unless you write the client yourself.
provisioning-lifetime = Lives for
provisioning-lifetime-hint = From 30 days before the end this page and the health page warn.
provisioning-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
provisioning-no-end = No end
provisioning-ends = Ends { $when }
provisioning-ended = Expired { $when }
provisioning-revoked = Revoked { $when }
provisioning-revoked-ones = { $count ->
    [one] { $count } revoked token
   *[other] { $count } revoked tokens
}
provisioning-used = Last used
provisioning-sync = Last change
provisioning-end = End
provisioning-acts = Actions
provisioning-why = Why?
provisioning-rotate = Rotate
provisioning-rotate-which = Rotate { $name }
provisioning-revoke = Revoke
provisioning-revoke-which = Revoke { $name }
provisioning-new = New token
provisioning-make = Make the token
provisioning-clients = OAuth clients
provisioning-clients-lead = For providers that fetch short-lived tokens themselves (client credentials). Okta and Entra ID with a token need none. Here they fetch them:
provisioning-new-client = New client
provisioning-make-client = Make the client
provisioning-keys = Public keys (JWK set)
provisioning-keys-hint = Only for a client that signs (private_key_jwt). Without keys it gets a secret.
provisioning-keys-wrong = This is no JWK set of public keys: { $why }.
provisioning-proof-key = signs
provisioning-proof-secret = has a secret
provisioning-client-id = Client id
provisioning-client-secret = Client secret
provisioning-made = Made
provisioning-made-token = The token { $name } is made
provisioning-made-client = The client { $name } is made
provisioning-once = This is the only time that it is shown. Copy it now.
provisioning-kept = I have copied it
provisioning-rotate-lead = Two steps, and provisioning never stops: for a while both tokens work.
provisioning-step-make = Step 1: make a second token
provisioning-step-make-how = It gets the settings of the first one. The first one goes on working.
provisioning-make-second = Make the second token
provisioning-step-enter = Enter it at the provider
provisioning-step-enter-how = Replace the old token there and test the connection. Then go on to step 2.
provisioning-step-entered = It is entered: go on to step 2
provisioning-step-revoke = Step 2: revoke the old token
provisioning-step-revoke-how = When the new one has been used and the old one rests, revoke the old one.
provisioning-new-one = New: { $hint }
provisioning-old-one = Old: { $hint }
provisioning-new-used = The new token is in use. The old one can go.
provisioning-new-unused = The new token has not been used yet. Enter it at the provider and test the connection first: if you revoke the old one now, provisioning stops.
provisioning-revoke-old = Revoke the old token
provisioning-later = Later
provisioning-revoke-token = Whoever uses this token is refused from now on. That can't be undone; users and groups stay as they are.
provisioning-revoke-client = This client and every access token that it holds are refused from now on. That can't be undone; users and groups stay as they are.
provisioning-done-revoked = The token is revoked.
provisioning-done-ended = The client is revoked.

### The guides

guide-title = Connect { $provider }
guide-lead = Step by step, in the order of the provider's screens. Its own words stand here in English, as it shows them.
guide-make-token = Make a token
guide-steps = Every step in { $provider }, field by field
guide-field = Field
guide-value = Value
guide-the-token = the token, without the word Bearer
guide-on = on
guide-off = off
guide-after = What you see then, and what typical mistakes mean
guide-arrived = Has anything arrived?
guide-log = See every request
guide-seen = What you see then
guide-there = In { $provider }
guide-here = Here
guide-mistakes = Typical mistakes
guide-mistakes-lead = What the provider shows, and what stands in the request log.
guide-sign = It says
guide-means = It means
guide-do = Do this
guide-okta-1-title = Make a token
guide-okta-1 = Okta proves itself with it. It is shown once: open it in a second tab and keep it there until step 3. This is the address that goes with it:
guide-okta-2-title = Make the app in Okta
guide-okta-2 = An app for logging in (OIDC) has no provisioning in Okta, so this is an app beside it. Use a SWA or SAML app of your own: on its General tab, next to App Settings, press Edit, choose SCIM as provisioning and save. Or press Browse App Catalog and take one of the SCIM 2.0 test apps with a bearer token; it calls the address base URL.
guide-okta-3-title = Enter the connection
guide-okta-3 = Enter these values. Tick no Import unless people are here already that Okta should recognise.
guide-okta-4-title = Test it
guide-okta-4 = Okta asks for a page of users; an empty list is a success. It is seen here within a second. Then save.
guide-okta-5-title = Switch on what Okta may do
guide-okta-5 = People sign in through your provider, so nobody needs a password here: leave Sync Password off.
guide-okta-6-title = Check the attributes
guide-okta-6 = Okta's own mappings work. Look at these; the rest, such as title and department, is welcome as it is.
guide-okta-external-id = leave it: Okta sends its own user id
guide-okta-manager = remove it, unless managers are assigned to the app too
guide-okta-7-title = Assign people
guide-okta-7 = Assign yourself or one other person first, and see them appear under Users. Then assign groups.
guide-okta-8-title = Push groups
guide-okta-8 = Push the groups from which rules here give roles and teams, and leave Push group memberships immediately ticked. Push groups other than those by which you assign people, or memberships may arrive before the people.
guide-okta-see-1 = Somebody is assigned
guide-okta-see-1-here = A user, active, with the role that rules give or the default role; one seat is taken.
guide-okta-see-2 = Their profile changes
guide-okta-see-2-here = The user is replaced as a whole (PUT). What Okta leaves out is cleared, but for active and externalId.
guide-okta-see-3 = Somebody is unassigned or deactivated
guide-okta-see-3-here = Inactive and out everywhere; the seat is free at once; nothing is deleted.
guide-okta-see-4 = They are assigned again
guide-okta-see-4-here = The same user, with everything they had.
guide-okta-see-5 = A group is pushed
guide-okta-see-5-here = A group with its members; rules give them roles and teams.
guide-okta-see-6 = The group is renamed
guide-okta-see-6-here = Renamed; members and roles stay.
guide-okta-see-7 = Something fails
guide-okta-see-7-here = Okta shows the bridge's sentence under Dashboard → Tasks, until you retry the task. The request log says why in more words.
guide-entra-1-title = Make a token
guide-entra-1 = Entra ID proves itself with it. It is shown once: open it in a second tab and keep it there until step 3. Entra ID does not warn you before it ends; this console does. This is the address that goes with it:
guide-entra-2-title = Make the application in Entra ID
guide-entra-2 = In the Microsoft Entra admin center. You need the role Application Administrator or Cloud Application Administrator. Give the application a name and choose “Integrate any other application you don’t find in the gallery (Non-gallery)”.
guide-entra-3-title = Enter the connection
guide-entra-3 = Open Provisioning and choose New configuration, or Connect your application, where nothing was connected yet.
guide-entra-4-title = Test it
guide-entra-4 = Entra ID asks for a user with a random name; nobody is the answer that it wants. It is seen here within a second. Then choose Create: Entra ID shows the overview of the new configuration.
guide-entra-5-title = Map the attributes of users
guide-entra-5 = On the left what it is called here, on the right where it comes from. Leave userName as the matching attribute. Change the source of externalId to objectId: it is unique and never changes. Remove mappings of attributes that are not listed and belong to no SCIM schema.
guide-entra-manager = remove it, unless managers are assigned to the application too
guide-entra-6-title = Map the attributes of groups
guide-entra-6 = The defaults are right; look whether they are as here.
guide-entra-7-title = Say whom it is about
guide-entra-7 = A new configuration has this scope. With it only those come here whom you assign in the next step.
guide-entra-8-title = Assign people and groups
guide-entra-8 = Groups that are assigned come here with their direct members; members of groups within them do not.
guide-entra-9-title = Try one person
guide-entra-9 = Choose somebody who is assigned and press Provision. Within seconds they appear under Users.
guide-entra-10-title = Start
guide-entra-10 = The first cycle begins at once; after it, changes arrive within about 40 minutes.
guide-entra-see-1 = Somebody is assigned
guide-entra-see-1-here = A user, active, with the role that rules give or the default role; one seat is taken.
guide-entra-see-2 = An attribute changes
guide-entra-see-2-here = Only that is changed (PATCH). True and False as text are understood.
guide-entra-see-3 = Somebody is unassigned, or deleted for the first 30 days
guide-entra-see-3-here = Inactive and out everywhere; the seat is free at once; the user stays.
guide-entra-see-4 = Somebody is deleted for good
guide-entra-see-4-here = Gone for the provider, and the names are free. The record stays in the audit log.
guide-entra-see-5 = Members of a group change
guide-entra-see-5-here = Only those named are added or removed; rules give roles and teams anew.
guide-entra-see-6 = Most calls fail for a while
guide-entra-see-6-here = Entra ID asks less and less often (quarantine) and stops after about four weeks. Mend the cause, then press Restart provisioning.
guide-entra-see-7 = Something fails
guide-entra-see-7-here = Provisioning logs show the bridge's sentence for each person. The request log says why in more words.

### Request log

requests-lead = What identity providers asked and were answered, newest first, of the last { $count ->
    [one] day
   *[other] { $count } days
}.
requests-off = Nothing is logged: whoever runs the bridge has switched the request log off (request_log.days = 0).
requests-filters = Filter the log
requests-wrong = One of the filters can't be read. Choose it again.
requests-status = Status
requests-status-all = All
requests-status-failed = Failed
requests-status-done = Done (2xx)
requests-status-refused = Refused (4xx)
requests-status-ours = Errors of the bridge (5xx)
requests-text = Person or text
requests-method = Method
requests-method-any = Any
requests-from = From (UTC)
requests-to = Before (UTC)
requests-unfiltered = Show all
requests-paused = Paused: nothing new appears here.
requests-pause = Pause
requests-resume = Go on
requests-none = No provider has asked anything yet. When one does, it appears here at once.
requests-none-fit = Nothing in the log fits.
requests-time = Time (UTC)
requests-request = Request
requests-answer = Answer
requests-who = Asked by
requests-took = Took
requests-instant = under 1 ms
requests-millis = { $millis } ms
requests-seconds = { $seconds } s
requests-cut = So far only a part of the log was looked through. Older goes on from here; a time makes it quicker.
requests-pages = Pages of the log
requests-newest = Newest
requests-strangers = Requests without a token, or with one that is not known here, belong to no workspace and are not shown. Those with an expired or revoked token are.
requests-all = All requests
requests-why = Why did this fail?
requests-next = What to do next:
requests-told = What the provider was told
requests-note = What only the bridge knows
requests-facts = The request
requests-address = Address
requests-agent = Program
requests-id = Request id
requests-person = This person
requests-same = Everything about the same
requests-sent = What was sent
requests-answered = What was answered
requests-no-body = Nothing, or nothing that is kept.
requests-masked = Passwords and tokens are masked before anything is kept. What ends with … was cut.

### Why a request failed

why-token-missing = The request carries no token.
why-token-missing-next = Enter the token at the provider, without the word Bearer.
why-token-unknown = The token is not one of this bridge, or was not copied whole.
why-token-unknown-next = Make a new token here and enter it at the provider.
why-token-expired = The token's time is over.
why-token-expired-next = Make a second token here, enter it at the provider, then revoke the old one.
why-token-revoked = Somebody revoked this token.
why-token-revoked-next = Make a new token here and enter it at the provider. The audit log says who revoked this one.
why-read-only = The token may only read, and the provider wanted to change something.
why-read-only-next = Make a token that may read and write and enter it at the provider.
why-seats = Every seat is taken, so nobody more can be active.
why-seats-next = Deactivate somebody or get more seats; then let the provider try again.
why-last-admin = This would take the last active Admin away from the workspace.
why-last-admin-next = Make somebody else an Admin first.
why-last-protected = This would take the last protected Admin away from the workspace.
why-last-protected-next = Make another protected Admin first.
why-no-filter-here = The documents about the service can't be searched with a filter.
why-no-filter-here-next = Ask without a filter. Okta and Entra ID never send one here.
why-forbidden = The bridge does not allow this.
why-forbidden-next = Read below what the provider was told.
why-two-slashes = The address has two slashes in a row.
why-two-slashes-next = Take the slash off the end of the address at the provider.
why-no-such-method = This address can't be asked that way.
why-no-such-method-next = Check the address at the provider: it ends in /scim/v2.
why-user-gone = There is no such user here. They were deleted, or come from another workspace.
why-user-gone-next = Nothing has to be done where the provider looks them up again. Else let it import people anew, or assign the person again.
why-group-gone = There is no such group here. It was deleted, or comes from another workspace.
why-group-gone-next = Let the provider push the group again.
why-nothing-here = There is nothing at this address.
why-nothing-here-next = Check the address at the provider: it ends in /scim/v2.
why-taken-user-name = Another user who is active already has this userName.
why-taken-user-name-next = After a lost answer it is the same person, and the next attempt finds them. If it is somebody else, rename one of the two.
why-taken-email = Another user already has this email address.
why-taken-email-next = Correct the address of one of the two.
why-taken-external-id = Another account already has this externalId: two claim to be the same person at the provider.
why-taken-external-id-next = Map externalId to something that is unique and never changes: Okta's user id, objectId in Entra ID.
why-taken-group-name = A group of this name is already here.
why-taken-group-name-next = Link to it instead of creating it, or rename one of the two.
why-taken = Something else already has this value, which must be unique.
why-taken-next = Read below which attribute it is, and correct one of the two.
why-bulk-before = An operation before it failed, to which it refers.
why-bulk-before-next = Mend the one before; this one works then.
why-conflict = This does not go with what is there.
why-conflict-next = Read below what the provider was told.
why-filter-unreadable = The filter of the search can't be read.
why-filter-unreadable-next = Providers write their filters themselves, so report this one to whoever makes yours. In a program of your own, correct it.
why-filter-large = The filter of the search is longer or deeper than the bridge takes.
why-filter-large-next = Ask for less at once.
why-filter-attribute = The filter asks for an attribute that can't be searched.
why-filter-attribute-next = Let the provider match people by userName or externalId.
why-sorted-by = The list can't be sorted by that.
why-sorted-by-next = Sort by userName, displayName or a date, or not at all.
why-no-such-attribute = The provider changes an attribute that does not exist here: { $what }.
why-no-such-attribute-next = Remove its mapping at the provider.
why-no-target = The change is about an element that is not there, and does not say how to make it.
why-no-target-next = Let the provider send the person once more as a whole. If it comes back, simplify the mapping to emails[type eq "work"].value or alike.
why-not-removable = This attribute can be set, but not removed: { $what }.
why-not-removable-next = Let the provider send another value instead of none.
why-not-changeable = The provider changes something that only the bridge may change, such as an id or a role.
why-not-changeable-next = Remove its mapping at the provider. Roles come from groups and rules.
why-member-fixed = A member of a group can be added or removed, not changed.
why-member-fixed-next = In a program of your own, remove the member and add it again. Okta and Entra ID never ask for this.
why-passwords-refused = The provider sent a password, and this workspace takes none.
why-passwords-refused-next = Switch off the password sync at the provider.
why-password-weak = The provider sent a password that is too short or too easy.
why-password-weak-next = Switch off the password sync at the provider, or let its policy ask for 12 characters and more.
why-manager-missing = The manager of this person is not here.
why-manager-missing-next = Assign the manager at the provider too, or remove the mapping of the manager.
why-member-missing = A member of the group was never created here.
why-member-missing-next = Assign that person at the provider; then the group can be pushed again.
why-member-of-itself = A group can't be a member of itself.
why-member-of-itself-next = Take the group out of itself at the provider.
why-not-a-switch = Something that is true or false got another value: { $what }.
why-not-a-switch-next = Use the provider's own mapping for it, without a constant or a formula.
why-value-missing = A value that is needed is missing or blank: { $what }.
why-value-missing-next = Give it a source in the mapping, and fill it in for this person.
why-value-long = A value is longer than the bridge takes: { $what }.
why-value-long-next = Shorten it at the provider.
why-value-many = There are too many values: { $what }.
why-value-many-next = Send fewer of them.
why-two-primary = More than one value is marked as the primary one.
why-two-primary-next = Mark only one in the mapping.
why-not-a-date = A date is not written as dates are: { $what }.
why-not-a-date-next = Send it like 2026-01-31T08:00:00Z, or remove the mapping.
why-bulk-message = The bulk request is not put together as it has to be.
why-bulk-message-next = In a program of your own, read below what is wrong. Okta and Entra ID send none.
why-value-wrong = A value does not fit its attribute.
why-value-wrong-next = Read below which one it is, and correct its mapping or the value at the provider.
why-not-json = The body of the request is not valid JSON.
why-not-json-next = Something on the way may have changed it, such as a proxy. In a program of your own, correct it.
why-named-twice = The request names the same attribute twice.
why-named-twice-next = Look for two mappings to one attribute at the provider, and remove one.
why-no-schemas = The request does not say which schema it follows.
why-no-schemas-next = In a program of your own, add schemas. Okta and Entra ID always send them.
why-no-op = An operation says something other than add, replace or remove.
why-no-op-next = In a program of your own, correct op. For Okta and Entra ID the token needs the profile compat.
why-message-wrong = The request is not put together as SCIM wants it.
why-message-wrong-next = In a program of your own, read below what is wrong. For Okta and Entra ID, check that the token has the profile compat.
why-cursor = The place where a long list was to go on is not known, or is too old.
why-cursor-next = The provider begins again at the start. Nothing has to be done.
why-strict = The token has the strict profile interop, and the request takes a liberty that Okta and Entra ID take.
why-strict-next = Make a token with the profile compat and enter it at the provider.
why-body-cut = The request did not arrive whole, or is not one that the bridge understands.
why-body-cut-next = Try again. If it comes back, look at the proxy or firewall between the two.
why-changed = Somebody else changed it in the meantime, and the provider wanted to change only what it had seen.
why-changed-next = The provider reads it again and repeats the change. Nothing has to be done.
why-too-many-operations = There are more operations in one request than the bridge takes.
why-too-many-operations-next = Send fewer at once.
why-too-large = The request is larger than the bridge takes.
why-too-large-next = Push smaller groups, or let whoever runs the bridge raise limits.body_bytes.
why-compressed = The body was sent compressed.
why-compressed-next = Switch compression off, at the provider or at the proxy between the two.
why-media-type = The request does not say that it holds JSON.
why-media-type-next = In a program of your own, send Content-Type: application/scim+json. Else look at the proxy between the two.
why-strangers = Too many requests without a valid token came from this address.
why-strangers-next = Enter the right token; within a minute the address is let in again.
why-too-often = The provider asks more often than the bridge allows.
why-too-often-next = It waits and goes on by itself. If it happens all day, let whoever runs the bridge raise the limit.
why-ours = Something went wrong inside the bridge. This is not the provider's mistake.
why-ours-next = Give the request id to whoever runs the bridge, and let the provider try again.
why-not-served = The bridge does not offer this part of SCIM.
why-not-served-next = Make users by POST to /Users.
why-too-slow = The answer took too long.
why-too-slow-next = The provider tries again by itself. If it comes back, tell whoever runs the bridge.
why-went-away = The provider went away before it was answered, and nothing was changed.
why-went-away-next = The provider tries again by itself. If this comes often, its time limit is too short or something between it and the bridge ends connections.
why-busy = The database could not answer just then.
why-busy-next = The provider tries again by itself. If it comes back, tell whoever runs the bridge.
why-bulk-part = Some operations of the bulk request failed ({ $what }).
why-bulk-part-next = Look in the answer which ones failed and why.
why-other = The request was refused.
why-other-next = Read below what the provider was told.
why-client-secret = The client's secret is wrong.
why-client-secret-next = Enter the secret again, or make a new client.
why-client-revoked = The client was revoked.
why-client-revoked-next = Make a new client and enter its id and secret at the provider.
why-client-unknown = There is no client of that id.
why-client-unknown-next = Check the id at the provider.
why-client-no-proof = The request proves nothing: it has no secret and no signature, or no client id.
why-client-no-proof-next = Enter the id and the secret at the provider.
why-client-replayed = The signed assertion was used before.
why-client-replayed-next = The provider has to sign a new one, with a new jti, for each request.
why-client-signs = This client has no secret; it proves itself with a signature.
why-client-signs-next = Choose private_key_jwt at the provider, or make a client with a secret.
why-client-has-secret = This client proves itself with a secret, not with a signature.
why-client-has-secret-next = Choose a client secret at the provider, or make a client that signs.
why-client-proof = The client did not prove who it is.
why-client-proof-next = The line below says what is wrong with the proof; the provider was not told.
why-client-grant = The code or refresh token is not good any more.
why-client-grant-next = Let the person sign in again. The line below says what was wrong with it.
why-client-scope = The client asks for a scope that it may not have.
why-client-scope-next = Ask for scim or scim:read, whichever the client was made for.
why-client-grant-type = The client asks for a token in a way that is not served.
why-client-grant-type-next = Choose the grant type client credentials at the provider.
why-client-login = People sign in to this client; it can't write users.
why-client-login-next = Make a client for provisioning.
why-client-request = The request for a token is not put together as it has to be.
why-client-request-next = Read below what the provider was told.
why-okta-token = Applications → your app → Provisioning → Integration → Edit: enter the token, then Test API Credentials.
why-entra-token = Enterprise applications → your app → Provisioning → Properties → edit the admin credentials: Secret token, then Test connection.
why-okta-address = Applications → your app → Provisioning → Integration → Edit: SCIM connector base URL, without a slash at the end.
why-entra-address = Enterprise applications → your app → Provisioning → Properties → edit the admin credentials: Tenant URL.
why-okta-mapping = Provisioning → To App → Attribute Mappings; the value itself stands in the person's profile.
why-entra-mapping = Provisioning → Attribute mapping → Provision Microsoft Entra ID Users; the value itself stands in the person’s profile.
why-okta-assigned = Applications → your app → Assignments, and Push Groups for groups.
why-entra-assigned = Enterprise applications → your app → Users and groups.
why-okta-again = Dashboard → Tasks: retry the task once the cause is gone. It stays there until then.
why-entra-again = It repeats by itself, less and less often. Provision on demand tries one person at once.
why-okta-password = Provisioning → To App → Sync Password: switch it off.
why-entra-password = Provisioning → Attribute mapping: remove the mapping to password.
why-okta-itself = Nothing has to be done; what stays under Dashboard → Tasks can be retried there.
why-entra-itself = Nothing has to be done; it tries again in one of the next cycles.

### Health

health-title = Health of { $workspace }
health-well = Everything is well.
health-warnings = Nothing is broken; { $count ->
    [one] { $count } thing
   *[other] { $count } things
} to look at.
health-failures = { $count ->
    [one] { $count } thing
   *[other] { $count } things
} to mend.
health-besides = And { $count ->
    [one] { $count } thing
   *[other] { $count } things
} to look at.
health-to-do = What to do
health-failure = Failure
health-warning = Warning
health-for = For { $span }.
health-providers = Identity providers
health-no-provider = Nobody provisions this workspace: there is no token in use and no client.
health-aisoule = AIsoule
health-no-connector = There is no connector: nothing keeps AIsoule equal to this workspace.
health-no-webhook = There is no endpoint that is told what happens.
health-mail = Mail
health-ending = Ended, or ending soon
health-as-of = As of { $at }.
health-again = Look again
health-kind-token = token
health-kind-client = client
health-kind-key = API key
health-state-running = running
health-state-paused = paused
health-state-stopped = stopped
health-state-active = active
health-state-failing = failing
health-state-disabled = switched off
health-seats-used = { $used } of { $limit } seats in use.
health-seats-waiting = { $count ->
    [one] { $count } person waits for one.
   *[other] { $count } people wait for one.
}
health-seats-free = { $count ->
    [one] { $count } is free.
   *[other] { $count } are free.
}
health-seats-reject = None is free: the next person is refused.
health-seats-park = None is free: the next person waits, and comes in when a seat frees.
health-seats-overage = None is free: the next person comes in beyond the plan.
health-seats-over = That is { $count } more than the plan has.
health-provider-when = Last asked { $used }, last changed something { $wrote }.
health-provider-read = Last asked { $used }; it has not changed anything yet.
health-provider-never = It has never asked anything.
health-provider-silent = Nothing in the last hour.
health-provider-good = { $count ->
    [one] { $count } request
   *[other] { $count } requests
} in the last hour, none failed.
health-provider-bad = { $count ->
    [one] { $count } request
   *[other] { $count } requests
} in the last hour, { $errors } failed.
health-delivered = Last delivered { $ago }.
health-delivered-never = Nothing was delivered yet.
health-equal = Last success { $ago }.
health-equal-never = Nothing has arrived there yet.
health-compared = Compared { $ago }.
health-compared-never = Never compared yet.
health-nothing-waits = Nothing waits.
health-waits = { $count ->
    [one] { $count } event is on its way.
   *[other] { $count } events are on their way.
}
health-waits-since = { $count ->
    [one] { $count } event is on its way, from { $oldest }.
   *[other] { $count } events are on their way, the oldest from { $oldest }.
}
health-given-up = { $count ->
    [one] { $count } was given up.
   *[other] { $count } were given up.
}
health-stuck = { $count ->
    [one] { $count } is stuck.
   *[other] { $count } are stuck.
}
health-mail-now = { $count ->
    [one] 1 mail is in the queue.
   *[other] { $count } mails are in the queue.
}
health-mail-late = { $count ->
    [one] 1 of them did not go out at the first try.
   *[other] { $count } of them did not go out at the first try.
}
health-mail-failed = { $count ->
    [one] 1 could not be sent.
   *[other] { $count } could not be sent.
}
health-mail-none = No mail waits.
health-ended = ended { $when }
health-ends = ends { $when }
health-why-token-ended = The token { $name } ({ $hint }…) expired at { $at }.
health-next-token-ended = Make another and enter it at the provider; then revoke this one.
health-why-token-ends = The token { $name } ({ $hint }…) ends at { $at }.
health-next-token-ends = Make another and enter it at the provider; then revoke this one.
health-why-key-ended = The API key { $name } ({ $hint }…) expired at { $at }.
health-next-key-ended = Make another where it is still used.
health-why-key-ends = The API key { $name } ({ $hint }…) ends at { $at }.
health-next-key-ends = Make another where it is still used, or let it end.
health-why-provider = { $errors } of the { $requests } requests of { $name } in the last hour were refused or failed.
health-next-provider = See what was asked and why it failed:
health-why-webhook-failing = { $name } takes nothing: { $problem }.
health-next-webhook-failing = Mend the receiver; what waits is delivered by itself.
health-why-webhook-off = { $name } was switched off: { $problem }.
health-next-webhook-off = Mend the receiver, then switch it on again; or remove it.
health-why-webhook-behind = { $name } is behind: { $events } events under way, the oldest from { $at }.
health-next-webhook-behind = Its deliveries say what is wrong.
health-why-delivery = { $dead ->
    [one] { $dead } delivery was
   *[other] { $dead } deliveries were
} given up at { $name }: it did not take them however often they came.
health-next-delivery = Its deliveries say why. Then deliver them again, or discard what nobody wants any more.
health-why-connector-stopped = AIsoule is not kept equal any more: { $problem }.
health-next-connector-stopped = Mend that (another key, for instance), then let the connector go on.
health-why-connector-paused = AIsoule is not kept equal: somebody paused the connector.
health-next-connector-paused = Let it go on when it is time.
health-why-connector-behind = AIsoule is behind: the oldest change that is not there is from { $at }.
health-next-connector-behind = The connector's page says what is wrong.
health-why-stuck-user = { $name } is not in AIsoule as they are here: { $problem }.
health-next-stuck-user = Mend what it says, then let the connector try again.
health-why-stuck-role = The role { $name } is not in AIsoule as it is here: { $problem }.
health-next-stuck-role = Mend what it says, then let the connector try again.
health-why-stuck-team = The team { $name } is not in AIsoule as it is here: { $problem }.
health-next-stuck-team = Mend what it says, then let the connector try again.
health-why-parked = { $name } waits for a seat: all are taken ({ $used } of { $limit } in use, plan { $plan }).
health-next-parked = Deactivate somebody, or raise the seats; then they come in by themselves, oldest first.
health-why-parked-free = { $name } waits for a seat: { $free ->
    [one] { $free } seat is free, and yet nobody gave them one.
   *[other] { $free } seats are free, and yet nobody gave them one.
}
health-next-parked-free = Deactivate somebody, or raise the seats; then they come in by themselves, oldest first.
health-why-parked-more = { $count } more wait for a seat behind them.
health-next-parked-more = All of them stand here:
health-why-mail = The mail "{ $mail }" did not reach { $recipient }: { $problem }.
health-next-mail = Correct the address or the mail settings; whoever runs the bridge sends it again with mail retry { $id }.
health-why-connection = The last sign-in through { $name } failed: { $problem }
health-next-connection = Its test walks through it step by step.
health-why-domain-missing = The record that proves { $name } is missing: { $problem }. After two weeks without it, it counts no longer.
health-next-domain-missing = Have the TXT record { $record } say "{ $value }", then check it again.
health-why-domain-unproved = { $name } is not proved yet: { $problem }.
health-next-domain-unproved = Have the TXT record { $record } say "{ $value }", then check it again.

### API keys

keys-lead = Programs use the REST API with a key. A key acts as whoever made it, and never may more than they do.
keys-all = Keys
keys-key = Key
keys-none = There is no key yet.
keys-as = Acts as
keys-workspace = the workspace itself
keys-dead = not active: the key does nothing
keys-everything = Everything that this person may
keys-revoked-ones = { $count ->
    [one] { $count } revoked key
   *[other] { $count } revoked keys
}
keys-new = New key
keys-new-lead = It acts as { $person }.
keys-may-all = Everything that I may, now and later
keys-may-some = Only what is chosen here
keys-permissions = Permissions
keys-may-count = { $count ->
    [one] { $count } permission
   *[other] { $count } permissions
}
keys-choose-all = All of these
keys-choose = Choose at least one permission, or everything, and for how long the key lives.
keys-make = Make the key
keys-made = Your new key
keys-made-how = Header and address:
keys-once = The key is made. This is the only time that it is shown: copy it now.
keys-revoke = Programs that use this key are refused from now on. That can't be undone.
keys-done-revoked = The key is revoked.

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
permission-reviews-decide = Decide in access reviews who keeps access
permission-reviews-write = Start access reviews, apply and close them
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
roles-what-manager = Leads teams: sees everybody, changes teams, assigns conversations, decides in access reviews
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
roles-look-default = { $role } would be the default role.
roles-make-default = Make { $role } the default
roles-delete-title = Delete this role
roles-delete-default = It is the default role, so it can’t be deleted. Make another one the default first.
roles-delete-in-use = It is in use, so it can’t be deleted. Give people another role and change these rules first:
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
teams-not-a-member = Not a member
teams-kept-out = Kept out by hand
teams-kept-out-hint = A rule would have them in this team; somebody decided otherwise.
teams-rules = Rules that give this team
teams-terms = Name and dealing out
teams-active = Conversations are dealt out to this team
teams-delete-title = Delete this team
teams-delete-hint = Its members stay what they are; only the team goes.
teams-delete-people = { $count ->
    [0] Nobody is in it.
    [one] { $count } person leaves it.
   *[other] { $count } people leave it.
}
teams-delete-in-use = Rules give this team, so it can’t be deleted. Change these first, or delete them:
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
groups-look-delete = The group { $group } would be gone.
groups-look-add = { $member } would be in the group { $group }.
groups-look-remove = { $member } would be in the group { $group } no more.
groups-look-pushed = A provider keeps this group, and may undo it the next time it pushes.
groups-look-add-do = Add { $member }
groups-look-remove-do = Remove { $member }
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
rules-order-drag = Rows can be dragged, too.
rules-order-hint = The highest number decides first.
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
audit-kind-visitor = somebody at the login page
audit-kind-setup-link = set-up link
audit-ids = Ids
audit-noun-user = Person
audit-noun-group = Group
audit-noun-role = Role
audit-noun-team = Team
audit-noun-rule = Rule
audit-noun-rules = Rules
audit-noun-review = Access review
audit-noun-session = Session
audit-noun-password-link = Link to choose a password
audit-noun-second-factor = Second factor
audit-noun-identity = Account at the provider
audit-noun-seat = Seats
audit-noun-workspace = Workspace
audit-noun-token = Provisioning token
audit-noun-client = Program
audit-noun-key = API key
audit-noun-connection = Connection
audit-noun-domain = Domain
audit-noun-sso = Single sign-on
audit-noun-setup-link = Set-up link
audit-noun-endpoint = Webhook endpoint
audit-noun-connector = Connector
audit-noun-conversation = Conversation
audit-noun-mail = Mail
audit-noun-signing-key = Signing key
audit-noun-audit = Audit log
audit-noun-sign-in = Sign-in
audit-noun-backchannel-logout = Logout at the provider
audit-noun-api = REST API
audit-noun-scim = Provisioning
audit-verb-created = created
audit-verb-updated = changed
audit-verb-deleted = deleted
audit-verb-noted = noted what the provider says
audit-verb-activated = activated
audit-verb-deactivated = deactivated
audit-verb-parked = waits for a seat
audit-verb-role-changed = role changed
audit-verb-team-changed = teams changed
audit-verb-password-changed = password changed
audit-verb-password-reset = password reset
audit-verb-password-removed = password removed
audit-verb-reset-requested = asked for a link to choose a password
audit-verb-bound = found its group
audit-verb-started = started
audit-verb-decided = decided
audit-verb-applied = carried out
audit-verb-closed = closed
audit-verb-due = due
audit-verb-opened = opened
audit-verb-revoked = revoked
audit-verb-added = added
audit-verb-removed = removed
audit-verb-recovery-used = recovery code used
audit-verb-issued = issued
audit-verb-linked = linked
audit-verb-unlinked = no longer linked
audit-verb-claims = the provider said something new
audit-verb-expires = about to end
audit-verb-expired = ended
audit-verb-authorized = signed in to
audit-verb-grant-revoked = grant revoked
audit-verb-token-reused = token used twice
audit-verb-logout-not-told = was not told of a logout
audit-verb-admin-came-in = an Admin came in
audit-verb-proved = proved
audit-verb-checked = checked
audit-verb-lapsed = counts no longer
audit-verb-enforced = required
audit-verb-released = no longer required
audit-verb-used = used
audit-verb-secret-rotated = secret replaced
audit-verb-tested = tested
audit-verb-replayed = delivered again
audit-verb-discarded = deliveries discarded
audit-verb-disabled = switched off
audit-verb-failing = takes nothing
audit-verb-recovered = works again
audit-verb-paused = paused
audit-verb-resumed = resumed
audit-verb-stopped = stopped
audit-verb-claimed = account taken over
audit-verb-reconcile-asked = comparison asked for
audit-verb-failed = could not be sent
audit-verb-retried = to be sent again
audit-verb-written = written in
audit-verb-assigned = assigned
audit-verb-unassigned = nobody’s any more
audit-verb-warning = four fifths taken
audit-verb-limit-reached = all taken
audit-verb-overage = more people than seats
audit-verb-pruned = old entries taken out
audit-verb-refused = refused
audit-field-name = Name
audit-field-description = Description
audit-field-is-active = Active
audit-field-is-default = Default role
audit-field-is-available = Takes conversations
audit-field-permissions = Permissions
audit-field-assignment-strategy = How conversations are dealt out
audit-field-username = User name
audit-field-displayname = Display name
audit-field-externalid = Id at the identity provider
audit-field-standing = Status
audit-field-role = Role
audit-field-rolesource = Role decided by
audit-field-rule = Rule
audit-field-pins = Held by hand
audit-field-provisioned = Kept by an identity provider
audit-field-manager = Reports to
audit-field-title = Job title
audit-field-department = Department
audit-field-emails = Emails
audit-field-email = Email
audit-field-teams = Teams
audit-field-joined = Joined
audit-field-left = Left
audit-field-members = Members
audit-field-group = Group
audit-field-group-name = Group
audit-field-priority = Priority
audit-field-plan = Plan
audit-field-seats = Seats
audit-field-seat-policy = When all seats are taken
audit-field-scim-passwords = Passwords over SCIM
audit-field-audit-days = Days that entries are kept
audit-field-user = Person
audit-field-user-id = Person
audit-field-expires-at = Good until
audit-field-scope = Scope
audit-field-reason = Reason
audit-field-refused = Why
audit-field-door = Came in by
audit-field-until = Until
audit-field-address = Address
audit-field-url = Address
audit-field-events = Events
audit-field-state = State
audit-field-problem = Problem
audit-field-secret = Secret
audit-field-enabled = Switched on
audit-field-issuer = Issuer
audit-field-client-id = Client id
audit-field-connection-id = Connection
audit-field-connection = Connection
audit-field-default-role-id = Role of new people
audit-field-sso-enforced = Single sign-on required
audit-field-proved-at = Proved
audit-field-proved-by = Proved by
audit-field-missing-since = Record missing since
audit-field-assignee = Assigned to
audit-field-assignee-id = Assigned to
audit-field-subject = Subject
audit-field-kind = Kind
audit-field-decision = Decision
audit-field-decided-by = Decided by
audit-field-comment = Comment
audit-field-outcome = Outcome
audit-field-deactivated = Deactivated
audit-field-people = People
audit-field-delivery = Delivery
audit-field-deliveries = Deliveries
audit-field-purpose = For
audit-field-base-url = Address
audit-field-profile = Profile
audit-field-redirect-uris = Redirect addresses
audit-field-added = Added
audit-field-added-count = Number added
audit-field-removed = Removed
audit-field-removed-count = Number removed
audit-field-second-factor = Second factor
audit-field-repeated = How often since
audit-field-full-name = Name
audit-field-inactive = Deactivated by hand
audit-field-at = When
audit-field-wanted = The provider has them active
audit-field-by = By
audit-field-id = Id
audit-field-value = Value
audit-field-type = Kind
audit-field-primary = primary
audit-field-display = Shown as
audit-field-ref = Address
audit-field-active = Active
audit-field-formatted = In full
audit-field-familyname = Family name
audit-field-givenname = Given name
audit-field-middlename = Middle name
audit-field-honorificprefix = Title before the name
audit-field-honorificsuffix = Title after the name
audit-field-nickname = Nickname
audit-field-profileurl = Profile page
audit-field-usertype = Kind of employment
audit-field-preferredlanguage = Language
audit-field-locale = Region
audit-field-timezone = Time zone
audit-field-phonenumbers = Phone numbers
audit-field-ims = Chat addresses
audit-field-photos = Photos
audit-field-addresses = Postal addresses
audit-field-streetaddress = Street
audit-field-locality = Town
audit-field-region = State
audit-field-postalcode = Postal code
audit-field-country = Country
audit-field-entitlements = Entitlements
audit-field-roles = Roles at the provider
audit-field-groups = Groups at the provider
audit-field-x509certificates = Certificates
audit-field-employeenumber = Employee number
audit-field-costcenter = Cost centre
audit-field-organization = Organisation
audit-field-division = Division
audit-field-admin = Admin
audit-field-adopts = Takes over accounts that were there before
audit-field-api-key = API key
audit-field-as-of = As of
audit-field-auth-method = How the bridge proves itself
audit-field-authorization = Address for signing in
audit-field-token = Address for tokens
audit-field-userinfo = Address of userinfo
audit-field-endpoints = Addresses of its own
audit-field-backchannel-logout-uri = Address that is told of logouts
audit-field-post-logout-redirect-uris = Addresses after a logout
audit-field-count = How many
audit-field-dead = All that were given up
audit-field-due-at = Next try
audit-field-from = From
audit-field-to = Until
audit-field-groups-claim = Claim of the groups
audit-field-roles-claim = Claim of the roles
audit-field-hash = Seal
audit-field-jit = Adds people at their first login
audit-field-kept = Kept
audit-field-key-id = Key id
audit-field-last-review = Last review
audit-field-letter = Letter
audit-field-mail = Mail
audit-field-mails = Mails
audit-field-old-secret-until = The old secret works until
audit-field-others-published-until = The others are published until
audit-field-provider = Provider
audit-field-reconcile = What is wanted
audit-field-rows = Entries
audit-field-scopes = Scopes
audit-field-signs-from = Signs from
audit-field-through = Up to entry
audit-field-trusts-email = Believes email addresses that are not verified
audit-word-rolesource-default = nobody: the default role
audit-word-rolesource-rule = a rule
audit-word-rolesource-manual = somebody, by hand
audit-word-type-work = work
audit-word-type-home = home
audit-word-type-other = other
audit-word-type-mobile = mobile
audit-word-kind-code = code
audit-word-kind-access = access token
audit-word-kind-refresh = refresh token
audit-word-kind-message = message
audit-word-kind-note = note
audit-word-reason-expired = ran out
audit-word-reason-replaced = another one began in the same browser
audit-word-reason-revoked = ended by hand
audit-word-reason-logout = logged out
audit-word-reason-deactivated = the person was deactivated
audit-word-reason-password-reset = the password was reset
audit-word-reason-password-changed = the password was changed
audit-word-reason-connection-disabled = the connection was switched off
audit-word-reason-connection-changed = the connection was changed
audit-word-reason-connection-deleted = the connection was deleted
audit-word-reason-logged-out-at-the-provider = logged out at the provider
audit-word-reason-claimed-at-the-provider = the account at the provider took them over
audit-word-reason-single-sign-on-enforced = single sign-on is required
audit-word-door-password = by password
audit-word-door-link = through a link in a mail
audit-word-door-sso = through the company
audit-word-purpose-welcome = the first login
audit-word-purpose-reset = a forgotten password
audit-word-scope-scim = read and write
audit-word-scope-scim-read = read
audit-word-profile-compat = as Okta and Entra ID really send
audit-word-profile-interop = strictly by the standard
audit-word-decision-keep = keep
audit-word-decision-deactivate = deactivate
audit-word-outcome-deactivated = deactivated
audit-word-outcome-was-deleted-meanwhile = was deleted meanwhile
audit-word-by-external-id = the same id at the provider
audit-word-by-email = the email address
audit-word-by-jit = the first login
audit-word-proved-by-txt-record = TXT record
audit-word-proved-by-the-operator-s-word = the operator’s word
audit-word-reconcile-compare = compare
audit-word-reconcile-apply = compare and mend
audit-word-letter-welcome = Welcome
audit-word-letter-reset = Link for a new password
audit-word-letter-password-changed = The password was changed
audit-word-letter-address-changed = The address was changed
audit-word-letter-second-factor-changed = The second factor was changed
audit-word-letter-seats-almost-full = Almost all seats are taken
audit-word-letter-seats-full = All seats are taken
audit-word-letter-seats-exceeded = More people than seats
audit-word-letter-token-expires = A token is about to end
audit-word-letter-endpoint-failing = A webhook endpoint takes nothing
audit-word-letter-endpoint-disabled = A webhook endpoint was switched off
audit-word-letter-connector-stopped = The connector has stopped
audit-word-letter-connector-resumed = The connector goes on
audit-word-letter-review-due = An access review is due
audit-proof = Proof and retention
audit-whole-title = Is the log whole?
audit-whole-hint = Each entry is sealed together with the one before it. Verifying walks through all of them and finds any that was changed, added or taken out.
audit-verify = Verify now
audit-verify-again = Verify again
audit-so-far = { $count ->
    [one] { $count } entry was verified so far, and it is whole.
   *[other] { $count } entries were verified so far, and they are whole.
}
audit-to-go = { $count ->
    [one] The log is long, so it is verified in portions: { $count } entry is left.
   *[other] The log is long, so it is verified in portions: { $count } entries are left.
}
audit-go-on = Go on
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
audit-look-title = { $count ->
    [one] Keep entries for { $count } day
   *[other] Keep entries for { $count } days
}
audit-look-rows = { $count ->
    [one] { $count } entry is older and is deleted within the hour.
   *[other] { $count } entries are older and are deleted within the hour.
}
audit-look-days = They are from { $first } to { $last }.
audit-look-hint = Nobody can bring them back. Where you need them longer, export them first:
audit-look-do = { $count ->
    [one] Save, and delete { $count } entry
   *[other] Save, and delete { $count } entries
}
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
reviews-remove = Deactivate
reviews-later = Not yet
reviews-note = Note
reviews-save = Save and go on
reviews-keep-rest = Save, and keep all others here
reviews-to-summary = What will happen
reviews-to-outcome = What came of it
reviews-summary = What will happen
reviews-outcome-of = { $name }: what came of it
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
reviews-keys = { $count ->
    [0] No API key acts as them.
    [one] { $count } API key that acts as them is revoked.
   *[other] { $count } API keys that act as them are revoked.
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
reviews-portion = { $count ->
    [one] { $count } decision is in effect so far. It takes long, so it is done in portions; go on with the rest below.
   *[other] { $count } decisions are in effect so far. It takes long, so it is done in portions; go on with the rest below.
}
reviews-apply-on = { $count ->
    [one] Go on: { $count } more person
   *[other] Go on: { $count } more people
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
sso-hint-role = Whoever is given the role that is chosen here keeps it: no rule changes it afterwards. Where groups in the token give a role by a rule, that role counts instead.
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
sso-domain-remove-look = See whom it concerns
sso-removal-title = Remove { $domain }?
sso-removal-people = { $count ->
    [0] Nobody signs in through it yet.
    [one] { $count } person is led to their provider by their address in it, and would not be any more.
   *[other] { $count } people are led to their provider by their address in it, and would not be any more.
}
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
webhooks-deliveries-none = No delivery fits this filter.
webhooks-deliveries-never = Nothing was to be delivered to it yet.
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
connector-unnamed = (no name, id { $id })
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
connector-active = active
connector-inactive = inactive
connector-report-title = Drift report
connector-report-about = On { $at }: { $users } people here, { $accounts } accounts there, { $teams } teams.
connector-report-waiting = { $count ->
    [one] { $count } person was left out, because they are about to be changed there anyway.
   *[other] { $count } people were left out, because they are about to be changed there anyway.
}
connector-report-same = Both sides are equal.
connector-report-fewer = Whoever was never active since there is a connector has no account there, and needs none.
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

### Setting up

setup-used-title = This link was used already
setup-used = There is a workspace now, so this link opens nothing any more. If it was not you who made it, ask whoever runs this bridge at once.
setup-log-in = Log in
setup-ended-title = The link does not work any more
setup-ended = This link has expired, was revoked, or was not copied as a whole. Ask whoever sent it to you for another one.
setup-left-title = You have left the set-up
setup-left = This browser has forgotten the link. While the link lives, you can open it again and go on.
setup-leave = Leave the set-up
setup-steps = Steps
setup-step-done = done
setup-step-account = Workspace and Admin
setup-step-factor = Second factor
setup-step-provider = Provider
setup-step-connect = Connect
setup-step-arrived = What arrived
setup-continue = Continue
setup-first-title = Set up AIsoule
setup-first-about = Five steps: your workspace and account, a second factor, your identity provider, the connection to it, and a look at what arrives. You can stop after each and go on later.
setup-first-workspace = Your workspace
setup-first-name = Name of the workspace
setup-first-plan = Plan
setup-first-admin = Your account
setup-first-protected = It is the first Admin. No identity provider can see, change or deactivate it, so that there is always a way in.
setup-first-person = Your name
setup-first-email = Your email address
setup-first-password = Password
setup-first-password-hint = 12 characters or more. A few words that have nothing to do with each other make a good one.
setup-first-create = Create the workspace and log in
setup-wrong-workspace = A workspace's name has 1 to 100 printable characters.
setup-wrong-name = Your name has 1 to 255 characters.
setup-wrong-email = Enter an email address, such as anna@example.com.
setup-wrong-provider = Choose a provider.
setup-wrong-unproved = The record was not found yet. Changes of the DNS can take a while; check again later.
setup-wrong-secret = The client secret has 10,000 characters at the most.
setup-no-secret = Enter the client secret.
setup-not-connected = Save the connection first.
setup-password-short = Choose a password of 12 characters or more.
setup-password-long = Choose a shorter password: 1,024 bytes at the most.
setup-password-easy = This password is too easy to guess: it is common, a pattern, or made of your own name or address.
setup-factor-title = Protect your account
setup-factor-about = Your account can do everything in this workspace. A code from an authenticator app on your phone keeps out whoever learns your password. The set-up of it opens in a new tab; come back here afterwards.
setup-factor-set-up = Set it up (new tab)
setup-factor-look = I have set it up
setup-factor-there = Your account has a second factor.
setup-factor-later = Not now
setup-factor-warning = Without a second factor, one guessed or stolen password opens this workspace with all of its people. Your account page will remind you.
setup-factor-skip = Go on without a second factor
setup-customer-about = You connect your company's identity provider to the workspace { $workspace }. The link “{ $name }” works until { $until }.
setup-provider-title = Choose your identity provider
setup-provider-about = It keeps the list of people: whoever is added there appears here, and whoever leaves there can no longer log in here.
setup-provider-which = Provider
setup-provider-okta = Okta
setup-provider-entra = Microsoft Entra ID
setup-provider-other = Another one with SCIM 2.0 and OpenID Connect
setup-connect-title = Connect: { $provider }
setup-connect-other = Connect your identity provider
setup-connect-about = Two things are connected to { $workspace }: provisioning, which brings people and groups, and single sign-on, through which they log in. Each works without the other.
setup-provisioning = Provisioning
setup-provisioning-about = Enter this address and this token at your provider.
setup-scim-url = SCIM base URL
setup-token = Token
setup-token-none = not made yet
setup-token-once = This is the token. It is shown this once: copy it now.
setup-token-make = Make the token
setup-token-again = Make a new token
setup-token-ends = A new token ends the one that there is: provisioning stops until the new one is entered at the provider.
setup-copy-token = Copy the token
setup-copy-scim = Copy the SCIM base URL
setup-copy-callback = Copy the redirect URI
setup-copy-initiate = Copy the address that begins a login
setup-copy-record = Copy the name of the record
setup-copy-challenge = Copy the value of the record
setup-guide-scim-entra = In the Microsoft Entra admin center: Enterprise applications → your app → Provisioning → New configuration. “Tenant URL” is the address, “Secret token” is the token. Choose Test connection, then Create. Under Attribute mapping, let externalId come from objectId, so that a login finds the same person. Assign people and groups, and start provisioning.
setup-guide-scim-other = Your provider asks for a SCIM 2.0 base URL and a bearer token.
setup-sign-in = Single sign-on
setup-sign-in-about = Make an OpenID Connect application at your provider, enter these addresses there, and tell us its client.
setup-callback = Redirect URI
setup-initiate = Address that begins a login
setup-guide-sso-okta = In Okta: Applications → Create App Integration → OIDC, Web Application, beside the app for provisioning. “Sign-in redirect URI” is the first address, “Initiate login URI” the second. Assign the same people to both.
setup-guide-sso-entra = In Entra: App registrations → New registration, single tenant; the redirect URI, of the kind Web, is the first address. Then make a client secret under Certificates and secrets.
setup-guide-sso-other = The application is a web application with the authorization code flow; it has a client id and a client secret.
setup-connection-name = Name of the connection
setup-issuer = Issuer
setup-guide-issuer-okta = Your Okta address, such as https://acme.okta.com.
setup-guide-issuer-entra = https://login.microsoftonline.com/TENANT-ID/v2.0, with the id of your tenant.
setup-guide-issuer-other = Exactly as your provider writes it, beginning with https://.
setup-client-id = Client ID
setup-secret = Client secret
setup-secret-kept = One is kept. Leave this empty to keep it; enter it again when anything else about the client changes.
setup-connection-off = Saved. Nobody signs in through it yet: an Admin of { $workspace } switches it on under Single sign-on.
setup-connection-save = Save the connection
setup-test = Test the connection
setup-test-found = What the test found
setup-test-fine = OK
setup-test-warning = Look at this
setup-test-failed = Failed
setup-domains = Domains
setup-domains-about = Whoever enters an address of a domain that you have proved is led to your provider to log in.
setup-domains-later = Save the connection first; then you can add domains.
setup-domain = Domain
setup-domain-add = Add the domain
setup-domain-proved = proved
setup-domain-open = not proved yet
setup-domain-record = Add this TXT record to your DNS (name, then value), then check it:
setup-domain-problem = At the last check: { $problem }
setup-domain-verify = Check
setup-domain-remove = Remove
setup-done-connection = The connection is saved. Test it next.
setup-done-domain = The domain is added.
setup-done-removed = The domain is removed.
setup-done-proved = The domain is proved.
setup-ready = Ready?
setup-ready-about = Tell whoever sent you the link that your side of { $workspace } is connected. You can come back by the link and change what you entered, as long as it works.
setup-arrived-title = What arrived
setup-arrived-about = Start provisioning at your provider now. This page shows by itself when something arrives.
setup-arrived-request = First request of your provider
setup-arrived-no-token = There is no token yet: make one in the step before.
setup-arrived-write = Last change that worked
setup-arrived-user = People whom it brought
setup-arrived-waiting = waiting
setup-next = Where to go next
setup-next-users = Users: who is here, and with which role
setup-next-rules = Rules: which group gives which role and teams
setup-next-sso = Single sign-on: require it, once an Admin has come in through it
setup-next-requests = Request log: what your provider sent, and why something failed
setup-finish = Finish the set-up
setup-welcome-title = Connect your identity provider
setup-welcome-about = { $by } invites you to connect your company's identity provider to the AIsoule workspace { $workspace }. You need no account for it.
setup-welcome-users = Provisioning: your people and groups, by SCIM
setup-welcome-sign-in = Single sign-on: how they log in, by OpenID Connect
setup-welcome-domains = Domains: which email addresses are your company's
setup-welcome-limits = Through this link you can see and change these three, and nothing else of the workspace.
setup-welcome-name = Link
setup-welcome-until = Works until
setup-begin = Begin
setup-links-title = Set-up links
setup-links-about = With such a link, a company's IT admin connects their own identity provider to this workspace: one connection, its domains, and one token. They need no account. An Admin switches the connection on afterwards; the token reads and writes everybody whom a provider may see, so give the link to nobody whom you would not give that.
setup-links-made = The link
setup-links-once = It is shown this once: copy it now and send it to the company's IT admin.
setup-links-copy = Copy the link
setup-links-new = New link
setup-links-name = Name
setup-links-days = Days that it works
setup-links-create = Make the link
setup-links-wrong-days = Enter a number of days.
setup-links-all = All links
setup-links-none = There is none yet.
setup-links-state = State
setup-links-state-waiting = not opened yet
setup-links-state-opened = opened
setup-links-state-revoked = revoked
setup-links-state-expired = expired
setup-links-by = Made by
setup-links-ends = Works until
setup-links-end = Action
setup-links-revoke = Revoke
setup-links-revoke-hint = Whoever has a link that you revoke can’t go on with it from that moment. What they connected stays, a token as well: take it back under Single sign-on and Provisioning.
setup-links-done-revoked = The link is revoked. What was made through it stays.
setup-plan = { $title }: { $count ->
    [one] { $count } seat
   *[other] { $count } seats
}
setup-arrived-users = { $count ->
    [one] { $count } person
   *[other] { $count } people
}

### What other parts of the bridge say in English, word for word: see texts/said.rs

said-sso-connection = The connection is not set up completely: { $why }.
said-sso-issuer = The issuer of the connection can't be used: { $why }.
said-sso-tenant = The issuer must name one tenant: https://login.microsoftonline.com/TENANT-ID/v2.0, with the directory's id in place of TENANT-ID and not common, organizations or consumers.
said-sso-unreachable = The provider can't be reached ({ $what }): { $why }.
said-sso-status = The provider answered with an error ({ $what }: HTTP { $status }).
said-sso-what-token = its token endpoint
said-sso-what-token-answer = the answer of its token endpoint
said-sso-what-discovery = its discovery document
said-sso-what-userinfo = its userinfo
said-sso-what-users = its list of users
said-sso-what-addresses = its list of addresses
said-sso-what-keys = its keys
said-sso-answer = The provider's answer can't be used: { $what }.

said-problem-not-json = { $what } is not JSON
said-problem-not-object = { $what } is not a JSON object
said-problem-twice = { $what } names a member twice, or is nested too deep
said-problem-elsewhere = { $what } is elsewhere, and the bridge follows no redirects
said-problem-no-issuer = { $what } names no issuer
said-problem-signed = { $what } is signed, which the bridge did not ask for
said-problem-nobody = { $what } names nobody
said-problem-no-list = { $what } is not a list of addresses
said-problem-no-id-token = { $what } has no ID token
said-problem-unusable = { $what } has a { $name } that can't be used: { $why }
said-problem-no-text = { $what } has a { $name } that is not a text
said-problem-lacks = { $what } has no { $name }

said-sso-other-issuer = The provider calls itself by another issuer than the connection does; both must agree in every character.
said-sso-denied = The provider did not let you in ({ $error }).
said-sso-no-code = The provider sent no code.
said-sso-callback-issuer = The answer comes from another provider than the one that was asked.
said-sso-callback-issuer-missing = The answer does not say from which provider it comes, though this provider always does.
said-sso-client = The provider does not accept the client id or secret of the connection.
said-sso-code = The provider does not accept the code ({ $error }). Signing in again may help.
said-sso-id-token = The provider's ID token was refused: { $why }.
said-sso-logout-token = The logout token was refused: { $why }.
said-sso-cannot-ask-again = This provider can't be asked to let somebody sign in anew, which was wanted here.
said-sso-userinfo-subject = The provider's userinfo is about another person than its ID token.

said-token-long = it is longer than 64 KiB
said-token-parts = it has not three parts
said-token-header = it has a header that can't be read
said-token-demands = it has a header with demands that are not understood
said-token-claims = it has claims that can't be read
said-token-base64 = it is not base64url without padding
said-token-algorithm = it is not signed with an algorithm that is taken and that the provider announces
said-token-key-unknown = it is signed with a key that the provider does not publish
said-token-key-ambiguous = it does not say which of the provider's keys it is signed with
said-token-signature = its signature is wrong
said-token-missing = it lacks the claim { $claim }
said-token-form = its claim { $claim } is not of the form that it must have
said-token-issuer = it comes from another issuer
said-token-audience = it is meant for another client than this bridge
said-token-expired = it has expired
said-token-early = it is not valid yet; the clocks of the provider and the bridge may differ
said-token-nonce = it does not answer the request that this bridge made (nonce)
said-token-access = it belongs to another access token (at_hash)
said-token-stale = the person's last proof of who they are is older than was asked for (auth_time)
said-token-subject = its subject is empty, longer than 255 bytes, or not a text
said-token-tenant = it comes from another tenant
said-token-kind = it is a token of another kind

said-connection-sealed = its secret can't be opened with the bridge's master key
said-connection-key-kind = the private key must be an RSA or P-256 key in PEM (PKCS#8, `-----BEGIN PRIVATE KEY-----`)
said-connection-key-unreadable = the private key can't be read
said-connection-key-sign = the private key can't sign
said-connection-query = it has a query or a fragment
said-connection-endpoint = its { $name } address can't be used: { $why }
said-connection-no-client = the client id is empty
said-connection-no-address = { $what } is not an address

said-outbound-setup = requests to the outside can't be sent: { $why }
said-outbound-plain = the address must begin with https://
said-outbound-header = a value has characters in it that can't be sent
said-outbound-refused = { $name } is, or leads to, an address of an internal network, where the bridge sends nothing
said-outbound-unresolved = the name { $name } can't be resolved
said-outbound-unreachable = no connection could be made
said-outbound-certificate = the server's certificate was refused: { $why }
said-outbound-timeout = there was no answer in time
said-outbound-large = the answer is larger than 1 MiB
said-outbound-broken = the answer broke off or is not HTTP

said-walk-title-connection = Connection
said-walk-title-private-key = Private key
said-walk-title-addresses = Addresses
said-walk-title-issuer = Issuer
said-walk-title-keys = Keys
said-walk-title-credentials = Client id and secret
said-walk-title-signatures = Signatures
said-walk-title-proof = Proof
said-walk-title-logout = Logout
said-walk-title-groups = Groups and roles
said-walk-title-newcomers = Newcomers
said-walk-title-settings = Settings
said-walk-addresses = The addresses for signing in are there and encrypted.
said-walk-discovered = The provider answers at { $issuer } and calls itself by the same issuer.
said-walk-other-issuer = The provider calls itself by another issuer than the connection does. Copy the issuer from the provider's discovery document, character by character: a slash at its end counts.
said-walk-nothing = There is nothing at { $address }. The issuer is probably mistyped.
said-walk-no-keys = The provider publishes no key with which the bridge could check its tokens.
said-walk-keys = The provider publishes { $keys } to check its tokens with.
said-walk-keys-and-others = The provider publishes { $keys } to check its tokens with. { $count } more can't be used for that, which does no harm.
said-walk-known = The provider knows the bridge: it refused a made-up code, and not the credentials.
said-walk-client = The provider does not accept the client id or secret. Copy both anew, and look whether the secret has expired and whether the provider expects another way of proving it.
said-walk-callback = The provider does not know the callback. Enter { $address } there, character by character.
said-walk-unclear = The provider refused a made-up code with “{ $error }”, which says nothing about the credentials.
said-walk-unreal = The provider gave tokens for a made-up code. It can't be a real provider.
said-walk-signatures = The provider signs its tokens in a way that the bridge checks.
said-walk-no-signatures = The provider announces only ways of signing that the bridge does not take. Choose RS256 or ES256 for this client there.
said-walk-pkce = The provider takes PKCE with S256.
said-walk-no-pkce = The provider does not say that it takes PKCE with S256. The bridge sends it all the same.
said-walk-proof = The connection proves itself with { $proof }, but the provider announces: { $all }.
said-walk-logout = The provider can tell the bridge of logouts (back-channel logout).
said-walk-no-logout = The provider does not say that it tells of logouts. Who logs out there stays logged in here until their session ends.
said-walk-no-groups = The connection takes none from tokens; roles come from the groups that are provisioned by SCIM.
said-walk-groups = Whoever is not provisioned is put into the groups of the workspace that the claim { $name } names, but for those that make an Admin.
said-walk-groups-scope = The provider announces no claim { $name }, but a scope “groups”: the connection may have to ask for it.
said-walk-groups-missing = The provider announces no claim { $name }. Add it to the tokens of this client there.
said-walk-groups-many = Microsoft leaves groups out of the token of whoever is in more than 200; provision groups by SCIM then.
said-walk-newcomers = The connection is to add people at their first login, but serves no domain. Everybody on earth can have an account at this provider, so nobody is added until it serves one.

said-keys-one = 1 key
said-keys = { $count } keys

said-dns-no-name = There is no name { $name } in the DNS yet. A new record may take a while to be seen everywhere.
said-dns-no-record = The name { $name } has no TXT record yet. A new record may take a while to be seen everywhere.
said-dns-not-a-name = { $name } can't be a name in the DNS.
said-dns-failed = The DNS did not answer: { $why }. The bridge will look again.
said-dns-other = { $name } does not say "{ $value }"

said-detail-printable = has 1 to 100 printable characters
said-detail-up-to-1000 = has up to 1,000 characters
said-detail-secret-length = has 1 to 10,000 characters
said-detail-key-length = has 1 to 1,000 printable characters without spaces
said-detail-client-length = has 1 to 500 characters
said-detail-claim-length = has 1 to 200 characters
said-detail-key-id-length = has 1 to 200 printable characters
said-detail-too-long = longer than { $count } bytes
said-detail-entered = has to be entered
said-detail-is-missing = is missing
said-detail-entered-anew = has to be entered again when an address, the client or the way it is sent changes
said-detail-given-anew = has to be given again when the address or the profile changes
said-detail-no-user = there is no such user in this workspace
said-detail-no-role = there is no such role in this workspace
said-detail-no-role-named = there is no role "{ $name }"; there are { $all }
said-detail-no-team = there is no such team in this workspace
said-detail-no-group = there is no group { $id } in this workspace
said-detail-no-connection = there is no such connection in this workspace
said-detail-no-domain = this workspace has no such domain; add it first
said-detail-no-member = there is no user or group with the id { $id } in this workspace
said-detail-no-plan = there is no plan "{ $name }"; there are { $all }
said-detail-own-member = a group can't be a member of itself
said-detail-protected-group = a protected account is in no group; its role is always set by hand
said-detail-default-role = one role is always the default; make another one the default instead
said-detail-default-admin = everybody would be an Admin whom nothing says otherwise of; choose another role
said-detail-proved-first = has to be proved first
said-detail-domain-form = is a domain such as acme.org
said-detail-everybody = everybody on earth can have an account at this provider: first give the connection a domain whose people it adds
said-detail-no-query = has neither a query nor a fragment
said-detail-google-issuer = is https://accounts.google.com for Google
said-detail-entra-issuer = is https://login.microsoftonline.com/TENANT-ID/v2.0 for Entra ID
said-detail-one-tenant = names one tenant by its id; { $tenant } would let the people of every company in
said-detail-scopes = are up to 20 words of printable characters
said-detail-github-secret = GitHub knows client secrets alone
said-detail-no-address = is no address
said-detail-no-address-https = is no address: https://…
said-detail-no-credentials = holds no user name and no password
said-detail-begins-https = begins with https://
said-detail-no-scheme = is no address with a scheme and a host
said-detail-no-userinfo = must not have a user name or a password in it
said-detail-bare-address = must have no query, no fragment and no slash at its end
said-detail-no-host = has no host
said-detail-port = the address has the port of another service
said-detail-no-event = there is no event { $name }: the names are listed in docs/webhooks.md, and user.* means all that begin so
said-detail-many-events = has at most 100 names and patterns
said-detail-many-endpoints = this workspace has { $count } endpoints, which is the most
said-detail-range = must be { $least } to { $most }
said-detail-number = must be a number from { $least } to { $most }
said-detail-endpoint-off = the endpoint is disabled: enable it first
said-detail-event-gone = the event itself is not kept any more, or was a test
said-detail-crowded = 10,000 deliveries wait for this endpoint, which is the most: let them arrive first
said-detail-given-up = only what was given up can be discarded
said-detail-from-to = must be after from
said-detail-many-between = more than 50,000 events of all kinds lie between; take a shorter time
said-detail-many-waiting = with the events between, more than 10,000 deliveries would wait; take a shorter time
said-detail-one-address = at least one address is needed
said-detail-many-addresses = has at most { $count } addresses
said-detail-past = lies in the past
said-detail-future = lies in the future
said-detail-too-early = lies before the oldest entry that the audit log still has
said-detail-key-active = only somebody who is active can have a key
said-detail-active-sign-in = only somebody who is active can sign in
said-detail-closed = is closed
said-detail-decided = what was decided about { $name } is done
said-detail-factor-there = there is one already; remove it first
said-detail-several-groups = several groups are called "{ $name }"; give an id: { $all }
said-detail-rule-empty = a rule gives a role, or teams, or both
said-detail-remote-account = they have a remote account already
said-detail-link-in-use = is in use or was revoked; an Admin makes another one under Provisioning
said-detail-admin-changed = was changed by an Admin, and can be changed by them alone now
said-detail-domain-leads = leads people to a connection that is on; an Admin of the workspace removes it under Single sign-on
said-detail-days = are 1 to { $most }
said-detail-rule-gives-team = a rule gives this team to a group that the person is in

said-refusal-last-admin = the last active Admin of a workspace can't be deactivated, deleted or given another role; make somebody else an Admin first
said-refusal-last-protected = the last protected Admin of a workspace can't be deactivated, deleted or given another role; make another one first
said-refusal-name-kept = the identity provider keeps this person's name
said-refusal-address-kept = the identity provider keeps this person's address
said-refusal-powers = this concerns permissions that you do not have yourself: { $all }
said-refusal-not-told = the event { $event } tells what the permission { $permission } is for, which you do not have yourself; leave it out, or have the permission given to you
said-refusal-seats-plan = no seat is free: the plan { $plan } has { $seats }, { $used } in use
said-refusal-seats-own = no seat is free: this workspace (plan { $plan }, a number of its own) has { $seats }, { $used } in use
said-refusal-seats-barred = no seat is free: { $plan } has { $limit }
said-seats-one = 1 seat
said-seats = { $count } seats
said-refusal-user-kept = the identity provider keeps this person and would make them anew; deactivate them, or take them out there
said-refusal-inactive-kept = the identity provider has this person as inactive
said-barred-connection = the connection was switched off or changed
said-barred-inactive = the user is deactivated
said-barred-waiting = the user waits for a seat
said-barred-not-assigned = there is no such user, and the connection makes none
said-barred-foreign-domain = the connection makes no users of that domain
said-barred-no-email = the provider gives no email address
said-barred-email-unproved = the provider does not vouch for the email address, or may not
said-barred-email-taken = the email address belongs to a user whom the provider calls differently
said-barred-other-connection = the user's domain has to sign in through another connection
said-barred-must-use-sso = the user has to sign in through a connection
said-failed-not-active = the user is not active
said-failed-password = the password was wrong
said-failed-present-password = the present password was wrong
said-failed-code = the code was wrong
said-failed-code-used = the code was used before
said-failed-elsewhere = somebody of another workspace was signed in
said-failed-token-reads = This token may only read (scope scim:read); a token with the scope scim can write.
said-failed-key = This key does not have the permission { $permission }.
said-mail-given-up = given up after { $hours } hours: { $why }
said-delivery-nothing-for = it has taken nothing for { $days } days: { $why }
said-claims-many = too many for the token; the groups that provisioning sends count

said-delivery-answered = it answered { $status }
said-delivery-moved = it answered { $status }, and redirects are not followed
said-delivery-sealed = its address or secret can't be opened with the bridge's master key
said-delivery-by-hand = switched off by hand
said-delivery-no-reason = it did not say why
said-delivery-nobody-knows = nobody knows why

said-connector-said = it answered: { $words }
said-connector-missing = it is not there any more
said-connector-refused = it refuses the key ({ $status }): { $words }
said-connector-peace = it is asked too often and wants { $seconds } seconds of peace
said-connector-unreachable = it can't be reached: { $why }
said-connector-unclear = it gave no clear answer: { $why }
said-connector-other-bridge = another bridge may have the connector by now
said-connector-no-path = there is no { $path } there; is the address right?
said-connector-form = its answer is not in the form that is expected
said-connector-not-api = status { $status }, which is not the API's own answer
said-connector-stopped = the remote workspace: { $why }; give another with `connector key`, or mend its permissions there and `connector resume`
said-connector-wont = the remote workspace won't have it: { $words }
said-connector-wont-change = the remote workspace won't change them: { $words }
said-connector-says = the remote workspace says of { $whom }: { $words }
said-connector-no-profile = the settings have no profile connectors.{ $name }
said-connector-no-role = they have no role here
said-connector-no-address = { $name } has no email address, without which nobody can log in; { $how }
said-connector-give-address = give them one at their provider or by hand
said-connector-lost-address = they have no email address any more, without which nobody can log in
said-connector-was-deleted = the remote account with the address { $address } was of somebody who was deleted here
said-connector-was-there = a remote account with the address { $address } was there before
said-connector-elsewhere = the remote account with the address { $address } belongs to somebody else here; change its address there
said-connector-to-have-another = the remote account with their address is of somebody else here, who is to have another
said-connector-on-its-way = an account may still be on its way with the address that they had before
said-connector-on-its-way-off = an account may still be on its way that has to be deactivated
said-connector-team-named = another remote team has the name { $name }; give it another name there, then `connector resume`
said-connector-address-taken = somebody else there still has the address { $address }, and is to have another
said-connector-not-stay = it does not stay as it was made
