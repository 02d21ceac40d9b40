//! Mail servers as companies have them: with TLS from the beginning, behind a login, and set up wrong. A mail that does not
//! go out waits, says why, and goes once the server is mended.

use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::settings::{Secret, Settings, Tls};
use chrono::TimeDelta;

use crate::mail::{arrived, later, newest, postponed, settings, started};
use crate::support::smtp::{Got, SmtpServer, authority, other_authority};
use crate::support::{Bridge, Fresh, on_both};

const PASSWORD: &str = "the key of the post office";

fn over_tls(db: &Fresh, smtp: &SmtpServer, way: Tls) -> Settings {
    let mut settings = settings(db, smtp);
    (settings.mail.smtp_tls, settings.mail.smtp_ca_file) = (way, Some(authority()));
    settings.mail.allow_plain_loopback = false;
    settings
}

fn with_login(mut settings: Settings) -> Settings {
    (settings.mail.smtp_user, settings.mail.smtp_password) =
        (Some("bridge@acme.example".into()), Some(Secret::from(PASSWORD.to_owned())));
    settings
}

/// Waits for the reason for which the newest mail waits; it says all of this, and nothing that is nobody's business.
async fn waits(bridge: &Bridge, workspace: &Workspace, smtp: &SmtpServer, words: &[&str]) {
    let row = postponed(bridge, workspace).await;
    let problem = row.problem.clone().unwrap();
    for word in words {
        assert!(problem.contains(word), "{word}: {problem}");
    }
    assert!(!problem.contains(PASSWORD) && !problem.contains("cG9zdCBvZmZpY2U") && row.state == "queued", "{row:?}");
    assert!(smtp.got().is_empty());
}

/// The mail goes out at its next attempt.
async fn goes(bridge: &Bridge, workspace: &Workspace, smtp: &SmtpServer) -> Got {
    later(bridge, TimeDelta::minutes(30));
    let mut all = arrived(smtp, 1).await;
    newest(bridge, workspace, "sent").await;
    assert_eq!(smtp.got().len(), 1);
    all.remove(0)
}

on_both! {
    async fn mail_goes_by_tls_from_the_beginning(db) {
        let smtp = SmtpServer::tls();
        let settings = over_tls(&db, &smtp, Tls::Tls);
        let (bridge, workspace, api) = started(db, settings).await;
        api.user("anna@acme.example", None).await;
        let mail = arrived(&smtp, 1).await.remove(0);
        assert_eq!((mail.over_tls, mail.logged_in, mail.to.as_slice()), (true, None, &["anna@acme.example".to_owned()][..]));
        newest(&bridge, &workspace, "sent").await;
    }

    async fn a_server_behind_a_login_is_logged_in_to_in_either_of_the_two_usual_ways(db) {
        for (smtp, way) in [(SmtpServer::tls(), Tls::Tls), (SmtpServer::starttls(), Tls::Starttls)] {
            for (mechanisms, how) in [("PLAIN LOGIN", "PLAIN"), ("LOGIN", "LOGIN"), ("XOAUTH2 PLAIN", "PLAIN")] {
                smtp.guard("bridge@acme.example", PASSWORD, mechanisms);
                let fresh = if db.on == crate::support::On::Sqlite { Fresh::sqlite() } else { Fresh::postgres().await.unwrap() };
                let before = smtp.got().len();
                let settings = with_login(over_tls(&fresh, &smtp, way));
                let (bridge, workspace, api) = started(fresh, settings).await;
                api.user("anna@acme.example", None).await;
                let mail = arrived(&smtp, before + 1).await.remove(before);
                assert_eq!((mail.over_tls, mail.logged_in), (true, Some(how)), "{mechanisms}");
                newest(&bridge, &workspace, "sent").await;
            }
            assert!(smtp.tried().iter().all(|tried| tried == PASSWORD));
        }
    }

    async fn a_wrong_password_keeps_mail_until_it_is_right(db) {
        let smtp = SmtpServer::tls();
        smtp.guard("bridge@acme.example", "another", "PLAIN LOGIN");
        let settings = with_login(over_tls(&db, &smtp, Tls::Tls));
        let (bridge, workspace, api) = started(db, settings).await;
        api.user("anna@acme.example", None).await;
        waits(&bridge, &workspace, &smtp, &["does not let the bridge log in", "535", "who are you?"]).await;
        smtp.guard("bridge@acme.example", PASSWORD, "PLAIN LOGIN");
        assert_eq!(goes(&bridge, &workspace, &smtp).await.logged_in, Some("PLAIN"));
    }

    async fn who_has_no_login_where_one_is_wanted_or_one_where_none_is_offered_is_told_so(db) {
        let smtp = SmtpServer::tls();
        smtp.guard("bridge@acme.example", PASSWORD, "PLAIN LOGIN");
        let settings = over_tls(&db, &smtp, Tls::Tls);
        let (bridge, workspace, api) = started(db, settings).await;
        api.user("anna@acme.example", None).await;
        waits(&bridge, &workspace, &smtp, &["530", "log in first"]).await;

        let (smtp, other) = (SmtpServer::tls(), Fresh::sqlite());
        let settings = with_login(over_tls(&other, &smtp, Tls::Tls));
        let (bridge, workspace, api) = started(other, settings).await;
        api.user("anna@acme.example", None).await;
        waits(&bridge, &workspace, &smtp, &["does not let the bridge log in"]).await;
        assert!(smtp.tried().is_empty());
        smtp.guard("bridge@acme.example", PASSWORD, "LOGIN");
        assert_eq!(goes(&bridge, &workspace, &smtp).await.logged_in, Some("LOGIN"));
    }

    async fn starttls_that_is_refused_keeps_mail_and_the_password(db) {
        let smtp = SmtpServer::starttls();
        smtp.guard("bridge@acme.example", PASSWORD, "PLAIN LOGIN");
        smtp.refuse_tls(true);
        let settings = with_login(over_tls(&db, &smtp, Tls::Starttls));
        let (bridge, workspace, api) = started(db, settings).await;
        api.user("anna@acme.example", None).await;
        waits(&bridge, &workspace, &smtp, &["STARTTLS failed", "454", "no TLS at the moment"]).await;
        assert!(smtp.tried().is_empty(), "a password went out in the open");
        smtp.refuse_tls(false);
        assert!(goes(&bridge, &workspace, &smtp).await.over_tls);
    }

    async fn a_certificate_of_another_name_keeps_mail_and_the_password(db) {
        // Of an authority that is trusted, and good; but it is `mail.acme.example`, and 127.0.0.1 is called.
        let both = tempfile::NamedTempFile::new().unwrap();
        let pem = [authority(), other_authority()].map(|path| std::fs::read_to_string(path).unwrap()).join("\n");
        std::fs::write(both.path(), pem).unwrap();
        for (smtp, way, words) in [(SmtpServer::tls(), Tls::Tls, "can't be reached"), (SmtpServer::starttls(), Tls::Starttls, "STARTTLS failed")] {
            smtp.guard("bridge@acme.example", PASSWORD, "PLAIN LOGIN");
            smtp.be_another(true);
            let fresh = if db.on == crate::support::On::Sqlite { Fresh::sqlite() } else { Fresh::postgres().await.unwrap() };
            let mut settings = with_login(over_tls(&fresh, &smtp, way));
            settings.mail.smtp_ca_file = Some(both.path().to_owned());
            let (bridge, workspace, api) = started(fresh, settings).await;
            api.user("anna@acme.example", None).await;
            waits(&bridge, &workspace, &smtp, &[words, "not valid for name"]).await;
            assert!(smtp.tried().is_empty());
            smtp.be_another(false);
            assert!(goes(&bridge, &workspace, &smtp).await.over_tls);
        }
    }

    async fn an_authority_that_nobody_knows_keeps_mail_too(db) {
        let smtp = SmtpServer::tls();
        let mut settings = with_login(over_tls(&db, &smtp, Tls::Tls));
        settings.mail.smtp_ca_file = None;
        let (bridge, workspace, api) = started(db, settings).await;
        api.user("anna@acme.example", None).await;
        waits(&bridge, &workspace, &smtp, &["can't be reached", "UnknownIssuer"]).await;
        assert!(smtp.tried().is_empty());
    }
}
