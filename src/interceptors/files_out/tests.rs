use serde_json::json;

use super::*;
use crate::interceptors::scene::Scene;

#[derive(Debug)]
struct Says(Consent);

#[async_trait::async_trait]
impl FileConsent for Says {
    async fn ask(&self, _: &crate::identity::Identity, _: &[Leaving]) -> Consent {
        self.0
    }
}

#[derive(Debug)]
struct SaysNothing;

#[async_trait::async_trait]
impl FileConsent for SaysNothing {
    async fn ask(&self, _: &crate::identity::Identity, _: &[Leaving]) -> Consent {
        std::future::pending().await
    }
}

fn leaving(size: u64) -> Leaving {
    Leaving {
        name: "a".to_owned(),
        relative: "a".to_owned(),
        size,
        sha256: String::new(),
    }
}

async fn release(scene: &Scene, consent: Arc<dyn FileConsent>) -> Result<(), ErrorKind> {
    let files = FilesOut::new(scene.config.clone(), scene.store.clone(), None, consent);
    let call = scene.call("doc", "smartpage_create", json!({}));
    let released = files.release(&call, &[leaving(1)], None).await;
    released.map_err(|error| error.kind)
}

#[tokio::test(start_paused = true)]
async fn a_person_is_asked_where_the_operator_wants_that() {
    let scene = Scene::new();
    assert_eq!(release(&scene, Arc::new(NobodyToAsk)).await, Ok(()));
    scene.set(|account| account.mcp.confirm_files = true);
    let no = Err(ErrorKind::Cancelled);
    assert_eq!(release(&scene, Arc::new(NobodyToAsk)).await, no);
    assert_eq!(release(&scene, Arc::new(Says(Consent::Refused))).await, no);
    assert_eq!(
        release(&scene, Arc::new(Says(Consent::Given))).await,
        Ok(())
    );
    let before = tokio::time::Instant::now();
    assert_eq!(release(&scene, Arc::new(SaysNothing)).await, no);
    assert_eq!(before.elapsed(), CONSENT_TIME);
}

#[tokio::test(start_paused = true)]
async fn copies_of_the_gate_share_the_budget() {
    let scene = Scene::new();
    let files = scene.files_out();
    let call = scene.call("doc", "smartpage_create", json!({}));
    let half = [leaving(BYTES_PER_HOUR / 2)];
    for gate in [files.clone(), files.clone()] {
        gate.release(&call, &half, None).await.unwrap();
    }
    let error = files.release(&call, &half, None).await.unwrap_err();
    assert_eq!(
        (error.kind, error.details.limit),
        (ErrorKind::TooLarge, Some(0))
    );
}

#[test]
fn local_files_can_be_switched_off() {
    let scene = Scene::new();
    let call = scene.call("doc", "smartpage_create", json!({}));
    assert!(scene.files_out().roots(&call).is_ok());
    scene.set(|account| account.mcp.local_files = LocalFiles::Off);
    let error = scene.files_out().roots(&call).unwrap_err();
    assert_eq!(error.reason, Some("local_files_off"));
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn each_file_that_leaves_is_in_the_audit_log() {
    let scene = Scene::new();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let call = scene.call("doc", "smartsheet_add_records", json!({"docid": "D"}));
    let link = "https://doc.weixin.qq.com/smartsheet/x?scode=secret";
    scene
        .files_out()
        .release(&call, &[leaving(7), leaving(8)], Some(link))
        .await
        .unwrap();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    for (line, size) in lines.iter().zip(["size_bytes=7", "size_bytes=8"]) {
        for part in [
            "wecom::audit",
            "account=default",
            "requester=\"ZhangSan\"",
            "tool=doc.smartsheet_add_records",
            "file.path=\"a\"",
            "https://doc.weixin.qq.com/smartsheet/x\"",
            size,
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert!(!line.contains("scode"), "{line}");
    }
}
