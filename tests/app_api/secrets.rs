//! Neither the secret nor a token is anywhere that people look.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use wecom::sim::{ApiFault, ApiFaultKind};
use wecom::wecom::api::ApiError;

use super::{SECRET, account, client, client_of, say, soon, start};

/// Everything that was logged on this thread.
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

#[tokio::test]
async fn no_error_and_no_log_line_shows_a_secret() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let sim = start().await;
    let client = client(&sim);
    say(&client, "good").await.unwrap();
    let apps = sim.apps();
    let token = apps.tokens().pop().unwrap();
    let echo = format!("bad access_token {token} of secret {SECRET}");
    let mut told = vec![format!("{client:?} {:?}", client.settings())];
    let mut tell = |error: ApiError| told.push(format!("{error} {error:?}"));
    for fault in [
        ApiFault::error(40_058, &echo),
        ApiFault::error(-1, &echo).times(3),
        ApiFault::error(42_001, &echo).times(2),
        ApiFault::new(ApiFaultKind::Drop),
        ApiFault::new(ApiFaultKind::Http {
            status: 500,
            body: echo.clone(),
        }),
        ApiFault::new(ApiFaultKind::Http {
            status: 200,
            body: echo.clone(),
        }),
    ] {
        apps.fault(fault.on("message/send")).unwrap();
        tell(say(&client, "bad").await.unwrap_err());
    }
    apps.fault(ApiFault::error(40_058, &echo).on("media/get"))
        .unwrap();
    let download = client.download(&"m".into(), 9, soon()).await;
    tell(download.unwrap_err());
    let fresh = client_of(&account(&sim));
    sim.stop().await;
    tell(say(&client, "gone").await.unwrap_err());
    // A token request of a server that is gone has the secret in its address.
    tell(fresh.check(soon()).await.unwrap_err());
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a call is made again"), "the log was captured");
    for (place, text) in [("an error", told.join("\n")), ("the log", log)] {
        for canary in [SECRET, token.as_str()] {
            assert!(!text.contains(canary), "a secret is in {place}");
        }
    }
}
