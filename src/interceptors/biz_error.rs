//! `biz-error`: keeps addresses fresh, and knocks once more where WeCom is busy.
//!
//! Innermost of all, so that a repeat repeats the request only, never what other
//! interceptors did to make it.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep};

use super::{Answer, Interceptor, Next, Renewal, ToolCall, ToolError};
use crate::catalogue::{self, RetryClass};

/// Before a call that was refused for being too much is made again.
const BUSY_PAUSE: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug, Clone, Copy, Default)]
pub struct BizError;

/// What a business code asks for.
///
/// | code | seen as | remedy |
/// |---|---|---|
/// | 850001, 850002 | key of the address invalid or expired, bot not authorised | another address |
/// | 851014 | authorisation of documents was reset | another address |
/// | 853000 | key or signature wrong | another address |
/// | 45009, 45033 | too many calls, refused before they ran | a pause |
/// | -1 | busy; it may have run | a pause, where repeating does no harm |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// None; the answer is final.
    Nothing,
    /// Ask for the address again; another one is worth another try.
    NewAddress,
    /// Once more after a pause.
    Pause,
}

fn remedy(errcode: i64, class: RetryClass) -> Remedy {
    match errcode {
        850_001 | 850_002 | 851_014 | 853_000 => Remedy::NewAddress,
        45_009 | 45_033 => Remedy::Pause,
        -1 if class == RetryClass::Safe => Remedy::Pause,
        _ => Remedy::Nothing,
    }
}

#[async_trait]
impl Interceptor for BizError {
    fn name(&self) -> &'static str {
        "biz-error"
    }

    fn can_be_switched_off(&self) -> bool {
        false
    }

    async fn call(&self, call: ToolCall, next: Next<'_>) -> Result<Answer, ToolError> {
        let answer = next.run(call.clone()).await?;
        let Some(errcode) = answer.head().map(|head| head.errcode) else {
            return Ok(answer);
        };
        let class = catalogue::retry_class(&call.category, &call.method);
        let is_worth_repeating = match remedy(errcode, class) {
            Remedy::Nothing => false,
            Remedy::NewAddress => {
                let servers = next.servers();
                let renewal = servers
                    .renew(&answer.account, &call.category, answer.generation)
                    .await;
                renewal == Renewal::Changed
            }
            Remedy::Pause if Instant::now() + BUSY_PAUSE < call.deadline() => {
                sleep(BUSY_PAUSE).await;
                true
            }
            Remedy::Pause => false,
        };
        if is_worth_repeating {
            tracing::debug!(
                category = call.category,
                method = call.method,
                errcode,
                "a refused call is made again"
            );
            next.run(call).await
        } else {
            Ok(answer)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    use serde_json::{Map, Value, json};

    use super::*;
    use crate::config::{Config, LiveConfig};
    use crate::identity::Identity;
    use crate::ids::AccountId;
    use crate::interceptors::{CategoryServers, Content, Pipeline, ToolList};

    /// Answers with texts in turn, the last one for ever, from addresses that are renewed
    /// as told.
    #[derive(Debug)]
    struct Scripted {
        texts: Mutex<Vec<Vec<String>>>,
        calls: AtomicUsize,
        renewed: Mutex<Vec<(String, String, u64)>>,
        renewal: Renewal,
    }

    #[async_trait]
    impl CategoryServers for Scripted {
        async fn call(&self, _: &ToolCall) -> Result<Answer, ToolError> {
            self.calls.fetch_add(1, Ordering::Relaxed);
            let mut texts = self.texts.lock().unwrap();
            let items = if texts.len() > 1 {
                texts.remove(0)
            } else {
                texts[0].clone()
            };
            let items = items.into_iter().map(Content::text).collect();
            Ok(Answer::new("served-by".into(), 7, items))
        }

        async fn list(&self, _: &Identity, _: &str) -> Result<Arc<ToolList>, ToolError> {
            Ok(Arc::default())
        }

        fn known(&self, _: &Identity, _: &str) -> Option<Arc<ToolList>> {
            None
        }

        async fn renew(&self, account: &AccountId, category: &str, generation: u64) -> Renewal {
            let asked = (account.to_string(), category.to_owned(), generation);
            self.renewed.lock().unwrap().push(asked);
            self.renewal
        }
    }

    /// Makes a call; gives the code that came out, calls made, and addresses renewed.
    async fn run(method: &str, renewal: Renewal, texts: &[&[&str]]) -> (i64, usize, usize) {
        let texts = texts
            .iter()
            .map(|items| items.iter().map(|text| (*text).to_owned()).collect());
        let servers = Arc::new(Scripted {
            texts: Mutex::new(texts.collect()),
            calls: AtomicUsize::new(0),
            renewed: Mutex::default(),
            renewal,
        });
        let live = LiveConfig::new(Config::unconfigured(Path::new("/nowhere")));
        let pipeline = Pipeline::new(vec![Arc::new(BizError)], servers.clone(), live);
        let identity = Arc::new(Identity::of_operator("default".into(), None));
        let call = ToolCall::new(identity, "todo", method, Map::new());
        let answer = pipeline.call(call).await.unwrap();
        let code = answer.head().map_or(0, |head| head.errcode);
        let renewed = servers.renewed.lock().unwrap();
        for asked in renewed.iter() {
            assert_eq!(*asked, ("served-by".to_owned(), "todo".to_owned(), 7));
        }
        (code, servers.calls.load(Ordering::Relaxed), renewed.len())
    }

    fn code(errcode: impl Into<Value>) -> String {
        json!({"errcode": errcode.into(), "errmsg": "x"}).to_string()
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_key_is_renewed_and_tried_once_more_where_it_changed() {
        for dead in [850_001, 850_002, 851_014, 853_000] {
            for text in [code(dead), code(dead.to_string())] {
                let texts: &[&[&str]] = &[&[&text], &[r#"{"errcode":0}"#]];
                let changed = run("create_todo", Renewal::Changed, texts).await;
                assert_eq!(changed, (0, 2, 1), "{text}");
                let unchanged = run("create_todo", Renewal::Unchanged, texts).await;
                assert_eq!(unchanged, (dead, 1, 1), "{text}");
                let still = run("create_todo", Renewal::Changed, &[&[&text]]).await;
                assert_eq!(still, (dead, 2, 1), "{text}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_code_may_be_in_a_later_text() {
        let dead = code(850_001);
        let texts: &[&[&str]] = &[&["hello", &dead], &["{}"]];
        assert_eq!(run("create_todo", Renewal::Changed, texts).await, (0, 2, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_server_is_asked_once_more_a_second_later() {
        for (errcode, method, calls) in [
            (45_009, "create_todo", 2),
            (45_033, "create_todo", 2),
            (-1, "get_todo_list", 2),
            (-1, "create_todo", 1),
        ] {
            let begun = Instant::now();
            let ran = run(method, Renewal::Changed, &[&[&code(errcode)]]).await;
            assert_eq!(ran, (errcode, calls, 0), "{errcode} {method}");
            let paused = begun.elapsed() >= BUSY_PAUSE;
            assert_eq!(paused, calls == 2, "{errcode} {method}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_else_passes() {
        for text in [
            code(0),
            code(640_002),
            code(850_003),
            "busy".to_owned(),
            "[850001]".to_owned(),
        ] {
            let (_, calls, renewed) = run("get_todo_list", Renewal::Changed, &[&[&text]]).await;
            assert_eq!((calls, renewed), (1, 0), "{text}");
        }
    }
}
