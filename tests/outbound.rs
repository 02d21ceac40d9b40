//! The way out: what is never called, whatever it is called, and what a bad server can't do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aisoule_bridge::outbound::{MOST, Outbound, OutboundError, OutboundSettings, Patience, Request};
use aisoule_bridge::sso::{DnsError, Domains};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::dns::{Dns, Named};
use crate::support::tls;

/// A server that counts who connects, and says this to each.
async fn canary(says: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let (address, hits) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&hits);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            let answer = says();
            tokio::spawn(async move {
                let mut request = [0_u8; 4_096];
                let _ = socket.read(&mut request).await;
                let _ = socket.write_all(&answer).await;
                if answer.is_empty() {
                    // Says nothing, and holds on.
                    let _ = socket.read(&mut request).await;
                }
            });
        }
    });
    (address, hits)
}

fn way_out(change: impl FnOnce(&mut OutboundSettings)) -> Outbound {
    let mut settings = OutboundSettings::default();
    change(&mut settings);
    Outbound::new(&settings).unwrap()
}

/// F08: names of this machine and of what is behind it, in every spelling.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_inside_is_called_whatever_it_is_called() {
    let (address, hits) = canary(|| b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    let dns = Dns::start().await;
    let hosts = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.1",
        "0x7f000001",
        "127.0.0.1.",
        "0.0.0.0",
        "0",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "100.64.0.1",
        "169.254.169.254",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "255.255.255.255",
        "224.0.0.1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "１２７.0.0.1",
    ];
    let strict = way_out(|_| {});
    for host in hosts {
        for scheme in ["https", "http"] {
            let url = format!("{scheme}://{host}:{}/x", address.port());
            assert!(strict.send(Request::get(&url)).await.is_err(), "{url}");
        }
    }
    for (name, addresses) in [
        ("a.example", vec!["127.0.0.1"]),
        ("b.example", vec!["::1"]),
        ("c.example", vec!["10.0.0.1", "169.254.169.254", "fd00::1"]),
        ("d.example", vec!["::ffff:127.0.0.1"]),
        ("e.example", vec!["64:ff9b::7f00:1"]),
        ("127.0.0.1.nip.example", vec!["127.0.0.1"]),
    ] {
        dns.set_addresses(name, &addresses);
        let asks = way_out(|settings| settings.dns_server = Some(dns.address));
        let outcome = asks.send(Request::get(&format!("https://{name}:{}/", address.port()))).await;
        assert_eq!(outcome.unwrap_err(), OutboundError::Refused(name.to_owned()));
    }
    for url in [
        "file:///etc/passwd",
        "gopher://x/",
        "unix:/run/x.sock",
        "ftp://x/",
        "data:,x",
        "javascript:1",
        "//x",
        "",
        "https://",
        "https:///x",
        "https://a\\@b/",
        "https://u@example.com/",
        "https://u:p@example.com/",
        "https://example.com:22/",
        "https://example.com:25/",
        "https://example.com/\r\nx",
        &format!("https://example.com/{}", "a".repeat(9_000)),
    ] {
        assert!(strict.send(Request::get(url)).await.is_err(), "{url}");
        let loose = way_out(|settings| settings.allow_loopback = true);
        assert!(loose.send(Request::get(url)).await.is_err(), "{url}");
    }
    assert_eq!(hits.load(Ordering::SeqCst), 0);
}

/// F09: each request is resolved once, and what was checked is what is connected to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_changes_its_address_is_checked_each_time() {
    let (address, hits) = canary(Vec::new).await;
    let dns = Dns::start().await;
    let url = format!("https://moving.example:{}/", address.port());
    let asks = way_out(|settings| {
        (settings.allow_loopback, settings.dns_server) = (true, Some(dns.address));
        settings.patience = Patience { connect: Duration::from_secs(3), total: Duration::from_millis(300) };
    });
    assert_eq!(asks.send(Request::get(&url)).await.unwrap_err(), OutboundError::Unresolved("moving.example".into()));
    dns.set("moving.example", Named { fails: true, ..Named::default() });
    assert_eq!(asks.send(Request::get(&url)).await.unwrap_err(), OutboundError::Unresolved("moving.example".into()));
    dns.set_addresses("moving.example", &["127.0.0.1", "10.0.0.1"]);
    let before = dns.asked("moving.example");
    assert_eq!(
        asks.send(Request::get(&url)).await.unwrap_err(),
        OutboundError::Timeout,
        "it is connected to, and says nothing"
    );
    assert!(dns.asked("moving.example") - before <= 2, "one look-up, for each family");
    assert_eq!(hits.load(Ordering::SeqCst), 1);
    dns.set_addresses("moving.example", &["10.0.0.1"]);
    assert_eq!(asks.send(Request::get(&url)).await.unwrap_err(), OutboundError::Refused("moving.example".into()));
    assert_eq!(hits.load(Ordering::SeqCst), 1);
}

/// H06.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_server_costs_little_and_says_what_is_wrong() {
    let outcome = async |answer: Vec<u8>| {
        let (address, _) = canary(move || answer.clone()).await;
        let asks = way_out(|settings| {
            settings.allow_loopback = true;
            settings.patience = Patience { connect: Duration::from_secs(3), total: Duration::from_millis(1_500) };
        });
        asks.send(Request::get(&format!("http://{address}/"))).await
    };
    assert_eq!(outcome(Vec::new()).await.unwrap_err(), OutboundError::Timeout);
    assert_eq!(
        outcome(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc".to_vec()).await.unwrap_err(),
        OutboundError::Broken
    );
    assert_eq!(outcome(b"nonsense\r\n\r\n".to_vec()).await.unwrap_err(), OutboundError::Broken);
    assert_eq!(
        outcome(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n".to_vec()).await.unwrap_err(),
        OutboundError::TooLarge
    );
    let endless = [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec(), vec![b'x'; MOST + 1]].concat();
    assert_eq!(outcome(endless).await.unwrap_err(), OutboundError::TooLarge);
    let most = [format!("HTTP/1.1 200 OK\r\ncontent-length: {MOST}\r\n\r\n").into_bytes(), vec![b'x'; MOST]].concat();
    assert_eq!(outcome(most).await.unwrap().body.len(), MOST);
    let zipped = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\x00".to_vec();
    assert_eq!(outcome(zipped).await.unwrap().body, b"\x1f\x8b\x08\x00", "nothing is unpacked");
    let moved = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n".to_vec();
    assert_eq!(outcome(moved).await.unwrap().status, 302, "no redirect is followed");
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let asks = way_out(|settings| settings.allow_loopback = true);
    assert_eq!(asks.send(Request::get(&format!("http://{closed}/"))).await.unwrap_err(), OutboundError::Unreachable);
    for error in [OutboundError::Timeout, OutboundError::TooLarge, OutboundError::Refused("x".into())] {
        assert!(!error.to_string().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_believed_from_whom_the_settings_say() {
    let (good, expired) = (tls::start("server"), tls::start("expired"));
    let url = |address: SocketAddr, host: &str| format!("https://{host}:{}/", address.port());
    let strange = way_out(|settings| settings.allow_loopback = true);
    let told = strange.send(Request::get(&url(good, "localhost"))).await.unwrap_err().to_string();
    assert!(told.contains("sso.extra_ca_file"), "{told}");
    let trusting =
        way_out(|settings| (settings.allow_loopback, settings.extra_ca_file) = (true, Some(tls::authority())));
    assert_eq!(trusting.send(Request::get(&url(good, "localhost"))).await.unwrap().body, b"{}");
    assert_eq!(trusting.send(Request::get(&url(good, "127.0.0.1"))).await.unwrap().body, b"{}");
    for (address, host) in [(expired, "localhost"), (good, "other.localhost")] {
        let error = trusting.send(Request::get(&url(address, host))).await.unwrap_err();
        assert!(matches!(error, OutboundError::Certificate(_) | OutboundError::Unresolved(_)), "{error:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authorities.pem");
    for text in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&file, text).unwrap();
        let settings = OutboundSettings { extra_ca_file: Some(file.clone()), ..OutboundSettings::default() };
        assert!(matches!(Outbound::new(&settings), Err(OutboundError::Setup(_))), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_encrypted_stays_on_this_machine() {
    let (address, hits) = canary(|| b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    let asks = way_out(|settings| settings.allow_loopback = true);
    asks.send(Request::get(&format!("http://{address}/"))).await.unwrap();
    asks.send(Request::get(&format!("http://localhost:{}/", address.port()))).await.unwrap();
    for url in ["http://example.com/", "http://10.0.0.1/", "http://1.1.1.1/", "http://localhost.example.com/"] {
        assert!(asks.check(url).is_err(), "{url}");
    }
    assert_eq!(way_out(|_| {}).check(&format!("http://{address}/")).unwrap_err(), OutboundError::Plain);
    assert_eq!(hits.load(Ordering::SeqCst), 2);
    let sent = Request::form("https://x.example/", &[("code", "canary")]).with("authorization", "Basic canary");
    assert!(!format!("{sent:?}").contains("Basic"), "what is sent is not printed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_records_of_a_name_are_read_whole() {
    let dns = Dns::start().await;
    let domains = Domains::new(Some(dns.address)).unwrap();
    assert_eq!(domains.txt("_aisoule.x.example").await, Err(DnsError::NoName("_aisoule.x.example".into())));
    dns.set_addresses("_aisoule.x.example", &["127.0.0.1"]);
    assert_eq!(domains.txt("_aisoule.x.example").await, Err(DnsError::NoRecord("_aisoule.x.example".into())));
    let texts = vec![vec!["v=spf1".to_owned()], vec!["aisoule=".to_owned(), "abc".to_owned()]];
    dns.set("_aisoule.x.example", Named { texts, ..Named::default() });
    let mut found = domains.txt("_aisoule.x.example.").await.unwrap();
    found.sort();
    assert_eq!(found, ["aisoule=abc", "v=spf1"]);
    dns.set_texts("y.example", &["one"]);
    assert_eq!(domains.txt("y.example").await.unwrap(), ["one"]);
    dns.set("x.example", Named { fails: true, ..Named::default() });
    assert!(matches!(domains.txt("x.example").await, Err(DnsError::Failed(_))));
    for name in ["", ".", "a..b", "a b", "é.example", &"a".repeat(300)] {
        assert!(matches!(domains.txt(name).await, Err(DnsError::NotAName(_))), "{name}");
    }
}

/// An address that is nobody's on the internet is reached where the operator named its network, encrypted alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_of_ones_own_is_reached_where_the_operator_said_so() {
    let (here, dns) = (tls::start("server"), Dns::start().await);
    // 0.0.0.0 is special, and leads to this machine.
    let literal = format!("https://0.0.0.0:{}/", here.port());
    dns.set_addresses("op.internal.example", &["0.0.0.0"]);
    let named = format!("https://op.internal.example:{}/", here.port());
    let asks = |networks: &[&str]| {
        way_out(|settings| {
            settings.networks = networks.iter().map(|network| network.parse().unwrap()).collect();
            settings.dns_server = Some(dns.address);
        })
    };
    for elsewhere in [&[][..], &["10.0.0.0/8"]] {
        let way = asks(elsewhere);
        for url in [&literal, &named] {
            assert!(matches!(way.send(Request::get(url)).await, Err(OutboundError::Refused(_))), "{url}");
        }
    }
    let way = asks(&["0.0.0.0/8"]);
    for url in [&literal, &named] {
        // The server was reached: nobody here knows the authority of its certificate.
        let outcome = way.send(Request::get(url)).await.unwrap_err();
        assert!(
            !matches!(outcome, OutboundError::Refused(_) | OutboundError::Unreachable | OutboundError::Plain),
            "{outcome:?}"
        );
        assert!(way.send(Request::get(&url.replace("https", "http"))).await.is_err());
    }
    assert!(way.check("https://127.0.0.1/").is_err(), "this machine itself is another matter");
}
