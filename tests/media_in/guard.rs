//! Where the client goes, and where it does not.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;
use wecom::channel::media::inbound::{Cause, DownloadSlots};
use wecom::config::Environment;
use wecom::config::proxy::EgressProxy;
use wecom::egress::guard::{
    Allowed, Download, GuardError, GuardOptions, GuardedClient, Names, Phase, Route,
};

use crate::scene::{Scene, cause, file, options, options_with};
use crate::sealed::sealed;
use crate::server::{Reply, Server};

/// Answers in turn; the last answer stays.
#[derive(Debug)]
struct Book {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Book {
    fn of(answers: &[&[&str]]) -> Arc<Self> {
        let parsed = answers
            .iter()
            .map(|answer| answer.iter().map(|ip| ip.parse().unwrap()).collect());
        Arc::new(Self {
            answers: Mutex::new(parsed.collect()),
            asked: Mutex::default(),
        })
    }
}

impl Names for Book {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        self.asked.lock().unwrap().push(host);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.pop_front().unwrap()
        } else {
            answers[0].clone()
        };
        Box::pin(async move { Ok(answer) })
    }
}

async fn get(options: GuardOptions, url: &str) -> Result<Download, GuardError> {
    let client = GuardedClient::new(options).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    client.get(url, 1_000, deadline).await
}

/// A server that only a test's allowance reaches, under a name.
async fn inner(answer: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> (Server, String) {
    let server = Server::start_at("127.0.0.2:0", answer).await;
    let base = format!("http://files.example.com:{}", server.address.port());
    (server, base)
}

#[tokio::test]
async fn this_machine_is_not_reached_by_any_spelling() {
    let server = Server::start(|_, _| Reply::ok("inside")).await;
    let port = server.address.port();
    let options = || GuardOptions {
        allowed: Allowed::new::<&str>(&[], true),
        ..options()
    };
    for host in [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "2130706433",
        "0x7f000001",
        "127.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::]",
    ] {
        let found = get(options(), &format!("http://{host}:{port}/")).await;
        assert!(matches!(found, Err(GuardError::Refused { .. })), "{host}");
    }
    let found = get(options(), &format!("http://a:b@127.0.0.1:{port}/")).await;
    assert!(matches!(found, Err(GuardError::UserInfo)));
    assert_eq!(server.paths().len(), 0);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused() {
    let server = Server::start(|_, _| Reply::ok("inside")).await;
    let port = server.address.port();
    for answer in [
        &["127.0.0.1"][..],
        &["10.0.0.1"],
        &["169.254.169.254"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["fd00:ec2::254"],
        // One is enough: which of them is taken is not for the name's owner to choose.
        &["127.0.0.2", "127.0.0.1"],
    ] {
        let url = format!("http://files.example.com:{port}/");
        let found = get(options_with(Book::of(&[answer])), &url).await;
        match found {
            Err(GuardError::Refused { host }) => assert_eq!(host, "files.example.com"),
            other => panic!("{answer:?}: {other:?}"),
        }
    }
    assert_eq!(server.paths().len(), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let (server, base) = inner(|_, _| Reply::ok("public")).await;
    let port = server.address.port();
    let inside = Server::start_at(&format!("127.0.0.1:{port}"), |_, _| Reply::ok("inside")).await;
    let book = Book::of(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let client = GuardedClient::new(options_with(book.clone())).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    // Looked up once: what was checked is what is connected to.
    let mut first = client.get(&base, 1_000, deadline).await.unwrap();
    assert_eq!(first.chunk().await.unwrap().unwrap(), "public");
    assert_eq!(book.asked.lock().unwrap().len(), 1);
    drop(first);
    let second = client.get(&base, 1_000, deadline).await;
    assert!(
        matches!(second, Err(GuardError::Refused { .. })),
        "{second:?}"
    );
    assert_eq!((server.paths().len(), inside.paths().len()), (1, 0));
}

#[tokio::test]
async fn a_redirect_into_this_machine_is_not_followed() {
    let inside = Server::start(|_, _| Reply::ok(sealed(b"secret"))).await;
    let target = inside.url("/metadata");
    let (server, base) = inner(move |path, _| match path {
        "/absolute" => Reply::redirect(&target),
        "/name" => Reply::redirect("http://localhost/"),
        "/scheme" => Reply::redirect("ftp://files.example.com/"),
        "/user" => Reply::redirect("http://u:p@files.example.com/"),
        _ => Reply::status(302),
    })
    .await;
    let scene = Scene::with(
        options_with(Book::of(&[&["127.0.0.2"]])),
        DownloadSlots::default(),
    );
    for path in ["/absolute", "/name", "/scheme", "/user", "/nowhere"] {
        let found = cause(scene.fetch_one(file(format!("{base}{path}"))).await);
        let fits = match &found {
            Cause::Fetch(GuardError::Refused { .. }) => matches!(path, "/absolute" | "/name"),
            Cause::Fetch(GuardError::Scheme(scheme)) => path == "/scheme" && scheme == "ftp",
            Cause::Fetch(GuardError::UserInfo) => path == "/user",
            Cause::Fetch(GuardError::Malformed) => path == "/nowhere",
            _ => false,
        };
        assert!(fits, "{path}: {found:?}");
    }
    assert_eq!((server.paths().len(), inside.paths().len()), (5, 0));
}

#[tokio::test]
async fn three_redirects_are_followed_and_no_more() {
    let (server, base) = inner(|path, _| match path {
        "/a/3" => Reply::redirect("2?x=1"),
        "/a/2?x=1" => Reply::redirect("//files.example.com:PORT/a/1"),
        "/a/1" => Reply::redirect("/a/end.txt"),
        "/loop" => Reply::redirect("/loop"),
        _ => Reply::ok("there").header("content-disposition", "inline"),
    })
    .await;
    let options = || options_with(Book::of(&[&["127.0.0.2"]]));
    let found = get(options(), &format!("{base}/loop")).await;
    assert!(matches!(found, Err(GuardError::TooManyRedirects)));
    assert_eq!(server.paths(), ["/loop"; 4]);
    let found = get(options(), &format!("{base}/a/1")).await.unwrap();
    assert_eq!(found.url().path(), "/a/end.txt");
    assert_eq!(found.content_disposition(), Some(b"inline".as_slice()));
    assert_eq!(found.announced(), Some(5));
    // A target that is no address: the port is none.
    let found = get(options(), &format!("{base}/a/3")).await;
    assert!(matches!(found, Err(GuardError::Malformed)), "{found:?}");
}

#[tokio::test]
async fn headers_that_never_come_end_the_wait() {
    let never = Arc::new(tokio::sync::Semaphore::new(0));
    let server = Server::start(move |_, _| Reply::ok("").behind(&never)).await;
    let mut options = options();
    options.limits.headers = Duration::from_millis(100);
    let found = get(options, &server.url("/")).await;
    assert!(
        matches!(found, Err(GuardError::Timeout(Phase::Headers))),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_proxy_is_asked_for_names_and_never_for_this_machine() {
    // As a proxy for plain http it is given the whole address.
    let proxy = Server::start(|_, _| Reply::ok("by proxy")).await;
    let address = format!("http://{}", proxy.address);
    let variables = [("HTTPS_PROXY", address.as_str())];
    let general = EgressProxy::new(None, &Environment::from_variables(variables)).unwrap();
    let own = EgressProxy::new(
        Some(&address),
        &Environment::from_variables([] as [(&str, &str); 0]),
    )
    .unwrap();
    let book = Book::of(&[&["127.0.0.1"]]);
    let options = |route: Route, proxy: &EgressProxy| GuardOptions {
        route,
        proxy: proxy.clone(),
        ..options_with(book.clone())
    };
    let url = "http://cdn.example.com/a";
    for (route, proxy, through) in [
        (Route::WeCom, &own, true),
        (Route::WeCom, &general, true),
        (Route::Internet, &general, true),
        // The account's own proxy is for WeCom alone.
        (Route::Internet, &own, false),
    ] {
        let found = get(options(route, proxy), url).await;
        if through {
            assert_eq!(found.unwrap().chunk().await.unwrap().unwrap(), "by proxy");
        } else {
            assert!(
                matches!(found, Err(GuardError::Refused { .. })),
                "{found:?}"
            );
        }
    }
    // The proxy would reach what this machine may not: by the letter it is refused.
    for url in [
        "http://10.0.0.1/",
        "http://intranet/",
        "http://metadata.internal/",
    ] {
        let found = get(options(Route::WeCom, &own), url).await;
        assert!(matches!(found, Err(GuardError::Refused { .. })), "{url}");
    }
    assert_eq!(proxy.paths(), ["http://cdn.example.com/a"; 3]);
    // Only the fetch without a proxy resolved the name.
    assert_eq!(*book.asked.lock().unwrap(), ["cdn.example.com"]);
}
