//! The way to the API: base addresses, proxies, servers that are not there.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;
use wecom::config::Environment;
use wecom::config::proxy::EgressProxy;
use wecom::sim::Sim;
use wecom::task;
use wecom::wecom::api::ApiError;

use super::{account, client, client_of, say, soon, start};

/// A proxy that passes everything on to the simulator, and keeps what it was asked for.
struct Proxy {
    address: String,
    seen: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
    _tasks: TaskTracker,
}

async fn proxy(sim: &Sim) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = std::sync::Arc::<std::sync::Mutex<Vec<String>>>::default();
    let tasks = TaskTracker::new();
    let (kept, to, tracker) = (seen.clone(), sim.addr(), tasks.clone());
    task::spawn(&tasks, "proxy", async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let kept = kept.clone();
            task::spawn(&tracker, "proxied", async move {
                let mut head = vec![0; 16 * 1024];
                let read = from.read(&mut head).await.unwrap();
                let head = &head[..read];
                kept.lock()
                    .unwrap()
                    .push(String::from_utf8_lossy(head).into_owned());
                let mut server = TcpStream::connect(to).await.unwrap();
                // A server takes the absolute form too.
                server.write_all(head).await.unwrap();
                tokio::io::copy_bidirectional(&mut from, &mut server)
                    .await
                    .ok();
            });
        }
    });
    Proxy {
        address,
        seen,
        _tasks: tasks,
    }
}

#[tokio::test]
async fn calls_go_through_the_configured_proxy_with_its_password() {
    let sim = start().await;
    let proxy = proxy(&sim).await;
    let mut account = account(&sim);
    account.network.api_base_url = "http://qyapi.corp.example".parse().unwrap();
    let url = format!("http://user:CANARY-proxy@{}", proxy.address);
    account.network.proxy = EgressProxy::new(Some(&url), &Environment::default()).unwrap();
    let client = client_of(&account);
    say(&client, "by proxy").await.unwrap();
    assert_eq!(sim.apps().messages().len(), 1);
    let seen = proxy.seen.lock().unwrap().clone();
    let first = seen.first().unwrap();
    assert!(
        first.starts_with("GET http://qyapi.corp.example/cgi-bin/gettoken?corpid="),
        "{first}"
    );
    assert!(
        first
            .to_ascii_lowercase()
            .contains("proxy-authorization: basic ")
    );
    assert!(!format!("{client:?}").contains("CANARY"));
}

#[tokio::test]
async fn variables_count_where_nothing_is_configured() {
    let sim = start().await;
    let proxy = proxy(&sim).await;
    let used = format!("http://{}", proxy.address);
    let unused = "http://127.0.0.1:1".to_owned();
    let order = [
        "OPENCLAW_WECOM_EGRESS_PROXY_URL",
        "WECOM_EGRESS_PROXY_URL",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "HTTP_PROXY",
    ];
    for (n, name) in order.into_iter().enumerate() {
        // Those before it are empty, those behind it lead nowhere.
        let variables = order.into_iter().enumerate().map(|(m, other)| {
            let value = match m.cmp(&n) {
                std::cmp::Ordering::Less => String::new(),
                std::cmp::Ordering::Equal => used.clone(),
                std::cmp::Ordering::Greater => unused.clone(),
            };
            (other, value)
        });
        let environment = Environment::from_variables(variables);
        let mut account = account(&sim);
        account.network.api_base_url = "http://qyapi.corp.example".parse().unwrap();
        account.network.proxy = EgressProxy::new(None, &environment).unwrap();
        let before = proxy.seen.lock().unwrap().len();
        let checked = client_of(&account).check(soon()).await;
        assert_eq!(checked, Ok(()), "{name}");
        assert!(proxy.seen.lock().unwrap().len() > before, "{name}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_gone_is_not_gone_around() {
    let sim = start().await;
    let mut account = account(&sim);
    account.network.api_base_url = "http://qyapi.corp.example".parse().unwrap();
    let url = "http://user:CANARY-proxy@127.0.0.1:1";
    account.network.proxy = EgressProxy::new(Some(url), &Environment::default()).unwrap();
    let error = say(&client_of(&account), "x").await.unwrap_err();
    assert!(matches!(error, ApiError::Unreachable { .. }), "{error}");
    assert!(!error.to_string().contains("CANARY"), "{error}");
    assert!(sim.apps().calls().is_empty());
}

#[tokio::test]
async fn a_private_deployment_may_lie_below_a_path() {
    let sim = start().await;
    let mut account = account(&sim);
    let base = format!("{}/gateway/", sim.api_url());
    account.network.api_base_url = base.parse().unwrap();
    let error = client_of(&account).check(soon()).await.unwrap_err();
    // The simulator has nothing there, but that is where it was asked.
    assert_eq!(error, ApiError::Http { status: 404 });
    assert!(sim.apps().calls().is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_there_leaves_nothing_open() {
    let sim = start().await;
    let client = client(&sim);
    client.check(soon()).await.unwrap();
    sim.stop().await;
    let error = say(&client, "x").await.unwrap_err();
    assert!(!error.may_have_arrived(), "{error}");
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn a_silent_server_is_not_waited_for_beyond_the_time_out() {
    let sim = start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut account = account(&sim);
    let base = format!("http://{}", listener.local_addr().unwrap());
    account.network.api_base_url = base.parse().unwrap();
    account.network.timeout = Duration::from_millis(200);
    account.network.retries = 1;
    let begun = std::time::Instant::now();
    say(&client_of(&account), "x").await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(10));
}
