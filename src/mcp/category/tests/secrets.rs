//! The bot's key is in every address and must not be anywhere else.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use super::rig::*;
use crate::interceptors::CategoryServers;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn logs_and_errors_hold_no_key_no_arguments_and_no_results() {
    const ARGUMENT: &str = "ARGUMENT-OF-THE-CALL";
    const RESULT: &str = "RESULT-OF-THE-CALL";
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone_url = format!("http://{}/todo?apikey={KEY}", gone.local_addr().unwrap());
    drop(gone);
    let (_, mock, _) = start(|seen| match (seen.rpc(), seen.nth) {
        ("tools/call", 0) => business(seen, &json!({"errcode": 0, "x": RESULT})),
        ("tools/call", 1) => status(401),
        ("tools/call", 2) => rpc_error(seen, -32600, RESULT),
        ("tools/call", 3) => with_header(status(307), "location", "/elsewhere?a=b"),
        _ => stateless(seen),
    })
    .await;
    let bots = FakeBots::saying([at(&mock.url()), at(&mock.url()), at(&gone_url)]);
    let rig = Rig::new(&bots);
    let mut call = call(Some("zhangsan"), "unheard_of");
    call.args.insert("text".to_owned(), ARGUMENT.into());
    let mut said = String::new();
    for n in 0..5 {
        if n == 4 {
            bots.change("default");
            settle().await;
        }
        let ended = hurrying(rig.servers.call(&call)).await;
        if let Err(error) = ended {
            said.push_str(&format!("{error:?}"));
        }
    }
    said.push_str(&format!("{rig:?}", rig = rig.servers));
    rig.servers.shutdown().await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("shook hands") && log.contains("a request failed"),
        "{log}"
    );
    assert!(!log.contains(KEY) && !said.contains(KEY), "{log}\n{said}");
    assert!(!log.contains(ARGUMENT) && !log.contains(RESULT), "{log}");
}
