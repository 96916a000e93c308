//! The tools that a model uses while it answers one question.

use std::collections::HashMap;

use futures_util::stream::{self, StreamExt};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::message::{Declared, Message, ToolCall};
use crate::agent::{AgentEvent, AgentTools, ToolAnswer, ToolStep, ToolTurn};
use crate::config::ToolPolicy;

/// Calls of one message that run at the same time.
const MAX_PARALLEL: usize = 4;

/// How often the very same call is carried out in one turn. A model that repeats it more
/// often does not read the answers.
const MAX_REPEATS: u32 = 3;

/// Longest answer that a model reads, in bytes; several of them must fit beside the
/// conversation.
const MAX_ANSWER: usize = 48 * 1024;

/// How files are sent, where no tools say so.
const HOW_TO_SEND: &str = "To send a file or a picture, write a line of its own: MEDIA: followed \
    by an absolute path, a path in your workspace, or a URL.";

/// The tools of one turn.
pub(super) struct Toolwork<'a> {
    tools: &'a dyn AgentTools,
    turn: ToolTurn,
    events: &'a mpsc::Sender<AgentEvent>,
    declared: Vec<Declared>,
    names: Vec<String>,
    /// How often a call was wanted, by name and arguments.
    wanted: HashMap<(String, String), u32>,
}

/// What becomes of a call.
enum Step {
    Run(Map<String, Value>),
    Refuse(ToolAnswer),
}

impl<'a> Toolwork<'a> {
    pub(super) fn new(
        tools: &'a dyn AgentTools,
        turn: ToolTurn,
        policy: &ToolPolicy,
        events: &'a mpsc::Sender<AgentEvent>,
    ) -> Self {
        let mut offered = tools.list(&turn);
        offered.retain(|tool| policy.allows(&tool.name));
        Self {
            names: offered.iter().map(|tool| tool.name.clone()).collect(),
            declared: offered.into_iter().map(Declared::from).collect(),
            tools,
            turn,
            events,
            wanted: HashMap::new(),
        }
    }

    /// As they are announced.
    pub(super) fn declared(&self) -> &[Declared] {
        &self.declared
    }

    /// What the model is to know about its surroundings; without tools only how it sends
    /// files, for the rest of it is about them.
    pub(super) fn instructions(&self) -> String {
        if self.names.is_empty() {
            return HOW_TO_SEND.to_owned();
        }
        self.tools.instructions(&self.turn)
    }

    /// Carries out the calls of one message and adds their answers in the order of the calls.
    pub(super) async fn answer(&mut self, calls: &[ToolCall], answers: &mut Vec<Message>) {
        let steps: Vec<(&ToolCall, Step)> =
            calls.iter().map(|call| (call, self.step(call))).collect();
        let this = &*self;
        let work: Vec<_> = steps
            .into_iter()
            .map(|(call, step)| this.carry_out(call, step))
            .collect();
        let mut running = stream::iter(work).buffered(MAX_PARALLEL);
        while let Some(answer) = running.next().await {
            answers.push(answer);
        }
    }

    fn step(&mut self, call: &ToolCall) -> Step {
        let name = &call.function.name;
        if !self.names.contains(name) {
            let next = format!("Use one of: {}.", self.names.join(", "));
            let message = format!("there is no tool `{name}`");
            return Step::Refuse(ToolAnswer::refused("unknown_tool", &message, &next));
        }
        let arguments = match arguments(&call.function.arguments) {
            Ok(arguments) => arguments,
            Err(why) => {
                let next = "Send the call again with one JSON object as its arguments.";
                return Step::Refuse(ToolAnswer::refused("arguments", &why, next));
            }
        };
        let written = Value::Object(arguments.clone()).to_string();
        let wanted = self.wanted.entry((name.clone(), written)).or_default();
        *wanted += 1;
        if *wanted > MAX_REPEATS {
            let message = format!("this very call was carried out {MAX_REPEATS} times already");
            let next = "Its answer will not change. Work with it, change the arguments, or tell \
                        the user what is in the way.";
            return Step::Refuse(ToolAnswer::refused("repeated", &message, next));
        }
        Step::Run(arguments)
    }

    async fn carry_out(&self, call: &ToolCall, step: Step) -> Message {
        let name = &call.function.name;
        let answer = match step {
            Step::Refuse(answer) => {
                tracing::debug!(tool = name, "a call of the model was refused");
                answer
            }
            Step::Run(arguments) => {
                self.tell(ToolStep::Started { name: name.clone() }).await;
                let answer = self.tools.call(&self.turn, name, arguments).await;
                self.tell(ToolStep::Finished {
                    name: name.clone(),
                    ok: !answer.is_error,
                })
                .await;
                answer
            }
        };
        Message::Tool {
            tool_call_id: call.id.clone(),
            content: cut(answer.text),
        }
    }

    async fn tell(&self, step: ToolStep) {
        // Nobody listens where the turn is over; then this ends with it.
        self.events.send(AgentEvent::Tool(step)).await.ok();
    }
}

/// A call as it goes back to the endpoint. Endpoints read the arguments again, and refuse the
/// whole question where they can't.
pub(super) fn readable(mut call: ToolCall) -> ToolCall {
    let is_object = |value: &Value| value.is_object();
    if !serde_json::from_str(&call.function.arguments).is_ok_and(|value| is_object(&value)) {
        "{}".clone_into(&mut call.function.arguments);
    }
    call
}

/// Arguments as models write them: JSON, or nothing where there are none.
fn arguments(text: &str) -> Result<Map<String, Value>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(arguments)) => Ok(arguments),
        Ok(Value::Null) => Ok(Map::new()),
        // Some put the JSON into a text once more.
        Ok(Value::String(inner)) if inner.trim_start().starts_with('{') => {
            serde_json::from_str(&inner)
                .map_err(|error| format!("the arguments are no JSON: {error}"))
        }
        Ok(_) => Err("the arguments are no JSON object".to_owned()),
        Err(error) => Err(format!("the arguments are no JSON: {error}")),
    }
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_ANSWER {
        let whole = text.len();
        text.truncate(text.floor_char_boundary(MAX_ANSWER));
        let note =
            format!("\n[cut: this is the beginning of {whole} bytes; ask for less at a time]");
        text.push_str(&note);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use async_trait::async_trait;
    use serde_json::json;

    use super::*;
    use crate::agent::ToolSpec;
    use crate::agent::openai::message::{Function, Kind};
    use crate::agent::openai::tests::turn;
    use crate::ids::ChatKind;

    /// Tools that note what was called, the first of them slower than the second.
    #[derive(Debug, Default)]
    struct Noted(Mutex<Vec<String>>);

    #[async_trait]
    impl AgentTools for Noted {
        fn list(&self, _: &ToolTurn) -> Vec<ToolSpec> {
            let spec = |name: &str| ToolSpec {
                name: name.to_owned(),
                description: String::new(),
                parameters: json!({ "type": "object" }),
            };
            vec![spec("slow"), spec("fast"), spec("secret")]
        }

        fn instructions(&self, _: &ToolTurn) -> String {
            "how".to_owned()
        }

        async fn call(
            &self,
            _: &ToolTurn,
            name: &str,
            arguments: Map<String, Value>,
        ) -> ToolAnswer {
            if name == "slow" {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            let call = format!("{name} {}", Value::Object(arguments));
            self.0.lock().unwrap().push(call.clone());
            ToolAnswer::ok(call)
        }
    }

    fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
        ToolCall {
            id: id.to_owned(),
            kind: Kind::Function,
            function: Function {
                name: name.to_owned(),
                arguments: arguments.to_owned(),
            },
        }
    }

    async fn answers(work: &mut Toolwork<'_>, calls: &[ToolCall]) -> Vec<(String, String)> {
        let mut answers = Vec::new();
        work.answer(calls, &mut answers).await;
        let texts = answers.into_iter().map(|answer| match answer {
            Message::Tool {
                tool_call_id,
                content,
            } => (tool_call_id, content),
            other => panic!("{other:?}"),
        });
        texts.collect()
    }

    fn policy() -> ToolPolicy {
        ToolPolicy {
            allow: None,
            deny: vec!["sec*".to_owned()],
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_run_side_by_side_and_are_answered_in_order() {
        let tools = Noted::default();
        let (events, mut seen) = mpsc::channel(16);
        let turn = ToolTurn::from(&turn(ChatKind::Direct, "hi"));
        let mut work = Toolwork::new(&tools, turn, &policy(), &events);
        let calls = [call("1", "slow", "{}"), call("2", "fast", r#"{"a":1}"#)];
        assert_eq!(
            answers(&mut work, &calls).await,
            [
                ("1".to_owned(), "slow {}".to_owned()),
                ("2".to_owned(), r#"fast {"a":1}"#.to_owned()),
            ]
        );
        assert_eq!(*tools.0.lock().unwrap(), [r#"fast {"a":1}"#, "slow {}"]);
        drop(work);
        drop(events);
        let mut steps = 0;
        while let Some(AgentEvent::Tool(_)) = seen.recv().await {
            steps += 1;
        }
        assert_eq!(steps, 4);
    }

    #[tokio::test]
    async fn what_cannot_be_carried_out_is_answered_with_what_to_do() {
        let tools = Noted::default();
        let (events, _seen) = mpsc::channel(64);
        let turn = ToolTurn::from(&turn(ChatKind::Direct, "hi"));
        let mut work = Toolwork::new(&tools, turn, &policy(), &events);
        for (name, arguments, part) in [
            ("other", "{}", "Use one of: slow, fast."),
            ("secret", "{}", "there is no tool `secret`"),
            ("fast", "{\"a\":", "the arguments are no JSON"),
            ("fast", "[1]", "no JSON object"),
        ] {
            let answer = answers(&mut work, &[call("1", name, arguments)]).await;
            assert!(answer[0].1.contains(part), "{answer:?}");
        }
        assert!(tools.0.lock().unwrap().is_empty());
        for arguments in ["", "null", "{}"] {
            let answer = answers(&mut work, &[call("1", "fast", arguments)]).await;
            assert_eq!(answer[0].1, "fast {}");
        }
        let fourth = answers(&mut work, &[call("1", "fast", " { } ")]).await;
        assert!(fourth[0].1.contains("carried out 3 times"), "{fourth:?}");
    }

    #[test]
    fn calls_go_back_with_arguments_that_can_be_read() {
        for (written, back) in [(r#"{"a":1}"#, r#"{"a":1}"#), ("", "{}"), ("{\"a\":", "{}")] {
            let back_again = readable(call("1", "fast", written));
            assert_eq!(back_again.function.arguments, back, "{written}");
        }
    }

    #[test]
    fn arguments_in_a_text_are_read() {
        let read = arguments(r#""{\"a\":1}""#).unwrap();
        assert_eq!(Value::Object(read), json!({ "a": 1 }));
    }

    #[test]
    fn a_long_answer_is_cut_and_says_so() {
        let text = cut("好".repeat(MAX_ANSWER));
        assert!(text.len() < MAX_ANSWER + 100);
        assert!(text.ends_with("ask for less at a time]"));
        assert_eq!(cut("short".to_owned()), "short");
    }
}
