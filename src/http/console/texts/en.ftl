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
