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
nav-setup-links = Set-up links
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
setup-guide-scim-okta = In Okta: Applications → your app → Provisioning → Integration. “SCIM connector base URL” is the address, “Unique identifier field for users” is userName, “Authentication Mode” is HTTP Header with the token. Then switch on Create, Update and Deactivate Users.
setup-guide-scim-entra = In Entra: Enterprise applications → your app → Provisioning → Automatic. “Tenant URL” is the address, “Secret Token” is the token. Choose Test Connection, save, assign people and groups, and start provisioning.
setup-guide-scim-other = Your provider asks for a SCIM 2.0 base URL and a bearer token.
setup-sign-in = Single sign-on
setup-sign-in-about = Make an OpenID Connect application at your provider, enter these addresses there, and tell us its client.
setup-callback = Redirect URI
setup-initiate = Address that begins a login
setup-guide-sso-okta = In Okta: Applications → Create App Integration → OIDC, Web Application. “Sign-in redirect URI” is the first address, “Initiate login URI” the second.
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
setup-domain-problem = At the last check: { $problem }.
setup-domain-verify = Check
setup-domain-remove = Remove
setup-done-connection = The connection is saved. Test it next.
setup-done-domain = The domain is added.
setup-done-removed = The domain is removed.
setup-done-proved = The domain is proved.
setup-done-unproved = The record was not found yet. Changes of the DNS can take a while; check again later.
setup-ready = Ready?
setup-ready-about = Tell whoever sent you the link that your side of { $workspace } is connected. You can come back by the link and change what you entered, as long as it works.
setup-arrived-title = What arrived
setup-arrived-about = Start provisioning at your provider now. This page shows by itself when something arrives.
setup-arrived-request = First request of your provider
setup-arrived-no-token = There is no token yet: make one in the step before.
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
setup-links-about = With such a link, a company's IT admin connects their own identity provider to this workspace: one connection, its domains, and one token. They need no account, and can see and change nothing else.
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
setup-links-done-revoked = The link is revoked. What was made through it stays.
setup-plan = { $title }: { $count ->
    [one] { $count } seat
   *[other] { $count } seats
}
setup-arrived-users = { $count ->
    [one] { $count } person
   *[other] { $count } people
}
