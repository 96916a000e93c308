//! Asking in the chat before something destructive.

use async_trait::async_trait;

use crate::agent::{Choice, Person, Tone};
use crate::mcp::tool::{Confirm, Confirmed, Question};
use crate::texts::agent as texts;

/// Puts the tool's questions to the person behind the turn, as a card of two buttons.
#[derive(Debug)]
pub(super) struct InChat(pub(super) Person);

#[async_trait]
impl Confirm for InChat {
    async fn ask(&self, question: Question) -> Confirmed {
        let choice = |label: &str, tone| Choice {
            label: label.to_owned(),
            tone,
        };
        let choices = vec![
            choice(texts::ALLOW, Tone::Primary),
            choice(texts::REFUSE, Tone::Danger),
        ];
        let Question {
            method,
            action,
            object,
        } = question;
        let detail = match object {
            Some(object) => format!("{action} ({method}): {object}"),
            None => format!("{action} ({method})"),
        };
        match self.0.ask(texts::MAY_I, &detail, choices).await {
            Some(0) => Confirmed::Yes,
            Some(_) => Confirmed::No,
            None => Confirmed::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::agent::AgentEvent;

    async fn answered(choice: Option<usize>) -> Confirmed {
        let (events, mut seen) = mpsc::channel(1);
        let confirm = InChat(Person::behind(events));
        let question = Question {
            method: "todo.delete_todo".to_owned(),
            action: "Delete a to-do".to_owned(),
            object: None,
        };
        let answering = async {
            let Some(AgentEvent::Ask(question)) = seen.recv().await else {
                panic!("no question");
            };
            assert_eq!(question.detail, "Delete a to-do (todo.delete_todo)");
            if let Some(choice) = choice {
                question.answer(choice);
            }
        };
        tokio::join!(confirm.ask(question), answering).0
    }

    #[tokio::test]
    async fn only_a_yes_is_a_yes() {
        assert_eq!(answered(Some(0)).await, Confirmed::Yes);
        assert_eq!(answered(Some(1)).await, Confirmed::No);
        assert_eq!(answered(None).await, Confirmed::Unavailable);
    }
}
