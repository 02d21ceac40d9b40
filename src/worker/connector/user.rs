//! Makes one person there what they are here: asks what is to be done, does it, and asks again.

mod belonging;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use uuid::Uuid;

use super::gather::{Local, local};
use super::{Bad, Session};
use crate::connector::plan::{Holder, Link, Scene, Step, There, next};
use crate::connector::{Account, Changes, Remote, Trouble};
use crate::domain::role::ADMIN;
use crate::ids::UserId;
use crate::secret;
use crate::settings::Secret;
use crate::store::connector_links::{self, LinkRow};
use crate::store::connectors::WorkRow;
use crate::store::people;
use crate::text;

/// More steps than anybody needs.
const MOST_STEPS: usize = 24;
/// Of how many who wait for each other's addresses it is found out that they do.
const LONGEST_CIRCLE: usize = 16;

/// Somebody on their way.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one thing that was seen on the way, and none excludes another"
)]
struct Sync<'s> {
    session: &'s Session,
    remote: Remote,
    id: Uuid,
    here: Local,
    row: LinkRow,
    link: Link,
    there: There,
    lost: bool,
    deactivated: bool,
    role: Option<String>,
    /// Their account was made just now: it is in no team.
    is_new: bool,
    /// They became an Admin just now: whoever was the last one is it no more.
    promoted: bool,
}

/// What somebody's turn leaves behind.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// What is known of the link.
    pub link: Option<LinkRow>,
    /// Whether there is one more Admin there.
    pub promoted: bool,
}

/// What is known is left in `left`, whatever happens.
pub(super) async fn sync(
    session: &Session,
    work: &WorkRow,
    urgent: Arc<AtomicBool>,
    left: &mut Left,
) -> Result<(), Bad> {
    let (workspace, id) = (session.workspace(), work.local_id);
    let mut conn = session.parts.store.read().await?;
    let row = connector_links::find(&mut conn, workspace, "user", id).await?;
    let here = local(&mut conn, workspace, UserId(id)).await?;
    drop(conn);
    let was_known = row.is_some();
    let row = row.unwrap_or_else(|| LinkRow::new(workspace, "user", id));
    let link = match (&row.remote_id, row.creating_since, &row.creating_address) {
        (Some(id), _, _) => Link::Linked(id.clone()),
        (None, Some(since), Some(address)) => Link::Creating { since, address: address.clone() },
        _ => Link::None,
    };
    let remote = session.remote.urgent(urgent);
    let mut sync = Sync {
        session,
        remote,
        id,
        here,
        row,
        link,
        there: There::Unasked,
        lost: false,
        deactivated: false,
        role: None,
        is_new: false,
        promoted: false,
    };
    let done = sync.run().await;
    left.promoted = sync.promoted;
    if sync.link != Link::None || was_known {
        let now = session.parts.clock.now();
        let synced_at = if done.is_ok() { Some(now) } else { sync.row.synced_at };
        left.link = Some(LinkRow { synced_at, ..sync.row });
    }
    if matches!(done, Ok(Ended::Forgotten)) {
        left.link = None;
    }
    done.map(drop)
}

enum Ended {
    Equal,
    Forgotten,
}

impl Sync<'_> {
    async fn run(&mut self) -> Result<Ended, Bad> {
        for _ in 0..MOST_STEPS {
            let clock = self.session.parts.clock.now();
            let scene = Scene {
                here: self.here.person.as_ref(),
                link: &self.link,
                claimed: self.row.claimed,
                adopts: self.session.row.adopts,
                there: &self.there,
                lost: self.lost,
                deactivated: self.deactivated,
                role: self.role.as_deref(),
                now: self.remote.now().unwrap_or(clock),
            };
            match next(&scene) {
                Step::LookUp(address) => self.there = self.look_up(&address).await?,
                Step::Read(id) => self.there = self.read(&id).await?,
                Step::FindRole => self.find_role().await?,
                Step::Create => self.create().await?,
                Step::Link(id) => {
                    self.set(Link::Linked(id));
                    self.row.teams = None;
                }
                Step::Gone => (self.lost, self.there) = (true, There::Unasked),
                Step::Lose => {
                    self.row.teams = None;
                    self.set(Link::None);
                }
                Step::Unlink => {
                    self.session.keep(("user", self.id), None).await?;
                    return Ok(Ended::Forgotten);
                }
                Step::Deactivate(id) => self.deactivate(&id).await?,
                Step::Update(id, changes) => self.update(&id, changes).await?,
                Step::Wait(why) => return Err(Bad::Wait(why.to_owned())),
                Step::Stuck(why) => return Err(Bad::Stuck(why)),
                Step::Done => {
                    if let (Link::Linked(account), true) = (self.link.clone(), self.is_active()) {
                        self.row.claimed = false;
                        self.teams(&account).await?;
                    }
                    return Ok(Ended::Equal);
                }
            }
        }
        Err(Bad::Wait("it does not stay as it was made".into()))
    }

    fn is_active(&self) -> bool {
        self.here.person.as_ref().is_some_and(|person| person.is_active)
    }

    fn is_admin(&self) -> bool {
        self.is_active() && self.here.role.as_ref().is_some_and(|role| text::same(&role.name, ADMIN))
    }

    fn set(&mut self, link: Link) {
        // Whoever has an account again has lost none.
        self.lost &= !matches!(link, Link::Linked(_));
        let row = &mut self.row;
        (row.remote_id, row.creating_since, row.creating_address) = match &link {
            Link::None => (None, None, None),
            Link::Creating { since, address } => (None, Some(*since), Some(address.clone())),
            Link::Linked(id) => (Some(id.clone()), None, None),
        };
        self.link = link;
    }

    async fn look_up(&self, address: &str) -> Result<There, Bad> {
        match self.remote.by_address(address).await? {
            Some(account) => self.whose(account).await,
            None => Ok(There::Absent),
        }
    }

    async fn read(&self, id: &str) -> Result<There, Bad> {
        match self.remote.user(id).await {
            Ok(account) => self.whose(account).await,
            Err(Trouble::Missing) => Ok(There::Absent),
            Err(trouble) => Err(trouble.into()),
        }
    }

    async fn whose(&self, account: Account) -> Result<There, Bad> {
        let mut conn = self.session.parts.store.read().await?;
        let workspace = self.session.workspace();
        let other = connector_links::by_remote(&mut conn, workspace, "user", &account.id).await?;
        Ok(match other.filter(|other| other.local_id != self.id) {
            None => There::Account(account),
            Some(other) => {
                let other = people::find(&mut conn, workspace, UserId(other.local_id)).await?;
                let holder = match other.map(|other| other.email) {
                    None => Holder::Gone,
                    Some(Some(email)) if !text::same(&email, &account.email) => Holder::Moving,
                    Some(_) => Holder::Here,
                };
                There::Taken { account, holder }
            }
        })
    }

    async fn find_role(&mut self) -> Result<(), Bad> {
        let Some(wanted) = &self.here.role else { return Err(Bad::Stuck("they have no role here".into())) };
        let id = self.session.catalogue.role(&self.remote, wanted).await?;
        // Whatever it is called from now on, here or there: who has it keeps it. Which the settings name they go on naming.
        let (linked, name) = match wanted.configured(self.remote.profile()) {
            Some((name, _)) => (None, name),
            None => (Some(id.clone()), &wanted.name),
        };
        if linked != wanted.linked || wanted.former.as_ref() != Some(name) {
            let row = LinkRow::new(self.session.workspace(), "role", wanted.id);
            let row = LinkRow { remote_id: linked, creating_address: Some(name.clone()), ..row };
            self.session.keep(("role", wanted.id), Some(row)).await?;
        }
        self.role = Some(id);
        Ok(())
    }

    async fn create(&mut self) -> Result<(), Bad> {
        let (Some(person), Some(role)) = (self.here.person.clone(), self.role.clone()) else { return Ok(()) };
        let address = person.email.clone().unwrap_or_default();
        let earlier = self.link.clone();
        let now = self.remote.now().unwrap_or_else(|| self.session.parts.clock.now());
        let since = match &earlier {
            Link::Creating { since, address: earlier } if text::same(earlier, &address) => *since,
            _ => now,
        };
        self.set(Link::Creating { since, address: address.clone() });
        self.session.keep(("user", self.id), Some(self.row.clone())).await?;
        // Nobody ever knows it: they come in by the company's provider, or choose one by "Forgot Password".
        let password = secret::new_plain().map_err(|error| Bad::Here(error.to_string()))?;
        let password = Secret::from(format!("Aa1-{password}"));
        let made = self.remote.create_user(&address, &person.name(), &role, &password).await;
        let trouble = match made {
            Ok(account) => {
                (self.is_new, self.there) = (true, There::Account(account.clone()));
                self.row.teams = Some("{}".into());
                self.promoted |= self.is_admin();
                self.set(Link::Linked(account.id));
                return Ok(());
            }
            Err(trouble) => trouble,
        };
        if matches!(trouble, Trouble::Uncertain(_)) {
            return Err(trouble.into());
        }
        // This one was not made. One that was asked for earlier may have been.
        self.set(earlier);
        let known = self.link != Link::None || self.row.claimed;
        self.session.keep(("user", self.id), known.then(|| self.row.clone())).await?;
        match trouble {
            Trouble::Conflict { said, .. } => {
                self.there = self.look_up(&address).await?;
                if self.there == There::Absent {
                    return Err(Bad::Wait(format!("the remote workspace says of {address}: {said}")));
                }
                Ok(())
            }
            Trouble::Invalid(_) | Trouble::Missing => {
                self.session.catalogue.forget().await;
                Err(trouble.into())
            }
            trouble => Err(trouble.into()),
        }
    }

    async fn deactivate(&mut self, id: &str) -> Result<(), Bad> {
        let changes = Changes { is_active: Some(false), ..Changes::default() };
        match self.remote.update_user(id, &changes).await {
            Ok(()) => self.deactivated = true,
            // Who is still active there is not forgotten for one answer.
            Err(Trouble::Missing) => match self.read(id).await? {
                There::Absent => self.there = There::Absent,
                _ => return Err(Bad::Wait("the remote workspace does not find their account, and shows it".into())),
            },
            Err(Trouble::Conflict { said, .. } | Trouble::Invalid(said)) => {
                let how = "make somebody else an Admin; it is tried again";
                return Err(Bad::Denied(format!(
                    "the remote workspace won't deactivate them ({said}); if it is the last Admin, {how}"
                )));
            }
            Err(trouble) => return Err(trouble.into()),
        }
        Ok(())
    }

    async fn update(&mut self, id: &str, changes: Changes) -> Result<(), Bad> {
        match self.remote.update_user(id, &changes).await {
            Ok(()) => {
                let is_more = changes.role_id.is_some() || changes.is_active == Some(true);
                self.promoted |= is_more && self.is_admin();
                self.changed(&changes);
            }
            Err(Trouble::Missing) => self.there = There::Absent,
            Err(Trouble::Conflict { said, .. }) => {
                let Some(address) = changes.email.clone() else {
                    return Err(Bad::Denied(format!("the remote workspace won't change them: {said}")));
                };
                let others = Changes { email: None, ..changes };
                if others != Changes::default() {
                    self.remote.update_user(id, &others).await?;
                    self.promoted |= others.role_id.is_some() && self.is_admin();
                    self.changed(&others);
                }
                return Err(self.in_the_way(id, &address, &said).await?);
            }
            Err(trouble) => {
                if matches!(trouble, Trouble::Invalid(_)) {
                    self.session.catalogue.forget().await;
                }
                return Err(trouble.into());
            }
        }
        Ok(())
    }

    fn changed(&mut self, changes: &Changes) {
        let (There::Account(account) | There::Taken { account, .. }) = &mut self.there else { return };
        let Changes { email, full_name, role_id, is_active } = changes.clone();
        account.email = email.unwrap_or_else(|| std::mem::take(&mut account.email));
        account.full_name = full_name.unwrap_or_else(|| std::mem::take(&mut account.full_name));
        account.role_id = role_id.or_else(|| account.role_id.take());
        account.is_active = is_active.unwrap_or(account.is_active);
    }

    /// Another account has the address. Where it is of somebody here who is to have this one's, both wait for each other:
    /// this one makes way.
    async fn in_the_way(&mut self, id: &str, address: &str, said: &str) -> Result<Bad, Bad> {
        let Some(holder) = self.remote.by_address(address).await? else {
            return Ok(Bad::Wait(format!("the remote workspace says of {address}: {said}")));
        };
        let theirs = self.to_have(&holder.id).await?.filter(|email| !text::same(email, address));
        let Some(theirs) = theirs else {
            let how = "change the address of the other account there, then `connector resume`";
            return Ok(Bad::Stuck(format!("another remote account has the address {address}; {how}")));
        };
        if let There::Account(account) = &self.there
            && self.is_circle(theirs, &account.email).await?
        {
            let email = format!("moving-{}-{}", self.id.simple(), account.email);
            self.remote.update_user(id, &Changes { email: Some(email), ..Changes::default() }).await?;
        }
        Ok(Bad::Wait(format!("somebody else there still has the address {address}, and is to have another")))
    }

    /// Whether whoever has an address waits for somebody who waits, at last, for `own`.
    async fn is_circle(&self, mut address: String, own: &str) -> Result<bool, Bad> {
        for _ in 0..LONGEST_CIRCLE {
            if text::same(&address, own) {
                return Ok(true);
            }
            let Some(holder) = self.remote.by_address(&address).await? else { return Ok(false) };
            match self.to_have(&holder.id).await? {
                Some(next) if !text::same(&next, &address) => address = next,
                _ => return Ok(false),
            }
        }
        Ok(false)
    }

    /// The address that whoever has a remote account is to have.
    async fn to_have(&self, account: &str) -> Result<Option<String>, Bad> {
        let (mut conn, workspace) = (self.session.parts.store.read().await?, self.session.workspace());
        let link = connector_links::by_remote(&mut conn, workspace, "user", account).await?;
        let Some(link) = link else { return Ok(None) };
        Ok(people::find(&mut conn, workspace, UserId(link.local_id)).await?.and_then(|person| person.email))
    }
}
