//! The person behind a turn, for tools that must not act without a yes.

use tokio::sync::mpsc;

use super::{AgentEvent, Choice, Question};

/// Somebody to ask while a turn runs, or nobody.
#[derive(Debug, Clone, Default)]
pub struct Person(Option<mpsc::Sender<AgentEvent>>);

impl Person {
    /// The person who reads these events.
    pub fn behind(events: mpsc::Sender<AgentEvent>) -> Self {
        Self(Some(events))
    }

    /// Nobody: a job's run, or a back end that can't ask.
    pub fn nobody() -> Self {
        Self(None)
    }

    /// Asks and waits; the position of the choice. `None`: nobody can be asked, or the turn
    /// ended before there was an answer.
    pub async fn ask(&self, title: &str, detail: &str, choices: Vec<Choice>) -> Option<usize> {
        let events = self.0.as_ref()?;
        let (question, answered) = Question::new(title, detail, choices);
        events.send(AgentEvent::Ask(question)).await.ok()?;
        answered.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Tone;

    #[tokio::test]
    async fn a_question_goes_out_as_an_event_and_its_answer_comes_back() {
        let (events, mut seen) = mpsc::channel(1);
        let person = Person::behind(events);
        let choice = Choice {
            label: "yes".to_owned(),
            tone: Tone::Primary,
        };
        let asking = person.ask("May I?", "", vec![choice.clone()]);
        let answering = async {
            let Some(AgentEvent::Ask(question)) = seen.recv().await else {
                panic!("no question");
            };
            assert!(question.answer(0));
        };
        let (answer, ()) = tokio::join!(asking, answering);
        assert_eq!(answer, Some(0));
        drop(seen);
        assert_eq!(
            person.ask("?", "", vec![choice]).await,
            None,
            "the turn is over"
        );
        assert_eq!(Person::nobody().ask("?", "", Vec::new()).await, None);
    }
}
