//! People who provision without a pause while something breaks, and remember what was acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use aisoule_bridge::store::sql::Sql;
use aisoule_bridge::store::{Store, workspaces};
use serde_json::json;
use sqlx::FromRow;
use tokio::task::JoinHandle;

use super::{Answer, Scim};

/// However badly things stand, a request is answered within this time.
pub const NO_HANG: Duration = Duration::from_secs(25);
static NEXT: AtomicU32 = AtomicU32::new(0);

/// What one hand, or all of them, brought about.
#[derive(Default)]
pub struct Tally {
    /// A user's path, and the title of an acknowledged PATCH.
    pub acknowledged: Vec<(String, Option<String>)>,
    /// How many requests were answered with 503.
    pub refused: usize,
    /// How many were not answered, because the server was gone.
    pub unanswered: usize,
    pub slowest: Duration,
}

/// Hands at work.
pub struct Load {
    stop: Arc<AtomicBool>,
    begun: Arc<AtomicBool>,
    hands: Vec<JoinHandle<Tally>>,
}

impl Load {
    pub fn start(scim: &Scim, hands: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let begun = Arc::new(AtomicBool::new(false));
        let hand = |_| tokio::spawn(work(scim.clone(), Arc::clone(&stop), Arc::clone(&begun)));
        let hands = (0..hands).map(hand).collect();
        Self { stop, begun, hands }
    }

    /// Waits until something was acknowledged, for ten seconds at the most.
    pub async fn begun(&self) {
        for _ in 0..2_000 {
            if self.begun.load(Ordering::Relaxed) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets the hands end what they have begun.
    pub async fn end(self) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Tally::default();
        for hand in self.hands {
            let one = hand.await.unwrap();
            all.acknowledged.extend(one.acknowledged);
            all.refused += one.refused;
            all.unanswered += one.unanswered;
            all.slowest = all.slowest.max(one.slowest);
        }
        all
    }
}

async fn work(scim: Scim, stop: Arc<AtomicBool>, begun: Arc<AtomicBool>) -> Tally {
    let mut tally = Tally::default();
    while !stop.load(Ordering::Relaxed) {
        let name = format!("load-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let body = json!({"userName": name}).to_string();
        let Some(made) = tally.ask(&scim, "POST", "/Users", body, 201).await else { continue };
        let path = format!("/Users/{}", made.id());
        tally.acknowledged.push((path.clone(), None));
        begun.store(true, Ordering::Relaxed);
        let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "add", "path": "title", "value": name}]});
        if tally.ask(&scim, "PATCH", &path, patch.to_string(), 200).await.is_some() {
            tally.acknowledged.push((path.clone(), Some(name)));
        }
        tally.ask(&scim, "GET", &path, String::new(), 200).await;
    }
    tally
}

impl Tally {
    async fn ask(&mut self, scim: &Scim, method: &str, path: &str, body: String, well: u16) -> Option<Answer> {
        let started = Instant::now();
        let url = scim.url(path);
        let asked = scim.attempt(method, &url, body.into_bytes());
        let answer = tokio::time::timeout(NO_HANG, asked).await.unwrap_or_else(|_| panic!("{method} {path} hangs"));
        self.slowest = self.slowest.max(started.elapsed());
        let Some(answer) = answer else {
            self.unanswered += 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
            return None;
        };
        if answer.status == well {
            return Some(answer);
        }
        is_busy(&answer);
        self.refused += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
        None
    }

    /// Checks that whatever was acknowledged is there.
    pub async fn is_kept(&self, scim: &Scim) {
        for (path, title) in &self.acknowledged {
            let found = scim.get(path).await.expect(200).json;
            if let Some(title) = title {
                assert_eq!(found["title"], **title, "an acknowledged PATCH of {path} is lost");
            }
        }
    }
}

/// Checks that an answer says, in SCIM's form, that the same request will do later.
#[track_caller]
pub fn is_busy(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.json);
    assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()), "{:?}", answer.headers);
}

/// Asks again, for five seconds and the length of one last request, until it is served; gives how long that took.
pub async fn heals(scim: &Scim) -> Duration {
    let started = Instant::now();
    loop {
        let name = format!("healed-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let body = json!({"userName": name}).to_string().into_bytes();
        match scim.attempt("POST", &scim.url("/Users"), body).await {
            Some(answer) if answer.status == 201 => return started.elapsed(),
            Some(answer) => is_busy(&answer),
            None => {}
        }
        assert!(started.elapsed() < Duration::from_secs(5), "not healed after {:?}", started.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[derive(FromRow)]
struct Text {
    value: String,
}

/// Checks what must hold at every moment: counters agree with rows, every change of a user or group stands once in the
/// audit log and once in the outbox, and SQLite finds nothing wrong with its file.
pub async fn holds_together(store: &Store) {
    let mut conn = store.read().await.unwrap();
    for workspace in workspaces::list(&mut conn).await.unwrap() {
        let counted = workspaces::recount(&mut conn, workspace.id).await.unwrap();
        let kept = (workspace.seats_used, workspace.users, workspace.groups);
        assert_eq!(kept, (counted.seats_used, counted.users, counted.groups), "counters");
    }
    let both = "SELECT action || ' ' || subject_id || ' ' || COUNT(*) AS value FROM audit_log WHERE subject_kind IN ('user', 'group') AND action NOT LIKE '%.refused' \
                GROUP BY action, subject_id ORDER BY value";
    let sent = "SELECT event || ' ' || subject_id || ' ' || COUNT(*) AS value FROM outbox WHERE subject_kind IN ('user', 'group') \
                GROUP BY event, subject_id ORDER BY value";
    let (audited, sent) = (texts(&mut conn, both).await, texts(&mut conn, sent).await);
    assert_eq!(audited, sent, "the audit log and the outbox disagree");
    let unaudited = if conn.is_postgres() {
        "SELECT CAST(id AS TEXT) AS value FROM users EXCEPT SELECT subject_id FROM audit_log WHERE action = 'user.created'"
    } else {
        "SELECT lower(substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || substr(hex(id), 13, 4) || '-' || \
         substr(hex(id), 17, 4) || '-' || substr(hex(id), 21)) AS value FROM users \
         EXCEPT SELECT subject_id FROM audit_log WHERE action = 'user.created'"
    };
    let strangers = texts(&mut conn, unaudited).await;
    assert!(strangers.is_empty(), "{} users that no audit row made, such as {}", strangers.len(), strangers[0]);
    if !conn.is_postgres() {
        let found = texts(&mut conn, "SELECT integrity_check AS value FROM pragma_integrity_check").await;
        assert_eq!(found, ["ok"]);
        let orphans = texts(&mut conn, "SELECT \"table\" AS value FROM pragma_foreign_key_check").await;
        assert_eq!(orphans, [""; 0]);
    }
}

async fn texts(conn: &mut aisoule_bridge::store::Conn, sql: &'static str) -> Vec<String> {
    let rows: Vec<Text> = conn.all(Sql::build(sql)).await.unwrap();
    rows.into_iter().map(|row| row.value).collect()
}

/// How often a test repeats what it does: few times, or as often as the variable of the heavy suite says.
pub fn times(variable: &str, few: usize) -> usize {
    std::env::var(variable).ok().and_then(|times| times.parse().ok()).unwrap_or(few)
}
