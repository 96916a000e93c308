//! An answer while it is being written: the agent's side writes, a [`Reply`] shows it.
//!
//! [`Reply`]: super::reply::Reply

use tokio::sync::watch;

use super::reply::Closing;

#[derive(Debug, Default)]
struct State {
    text: String,
    closing: Option<Closing>,
}

/// The writing side of an answer. One turn has it.
#[derive(Debug)]
pub(crate) struct DraftWriter(watch::Sender<State>);

/// The showing side of an answer.
#[derive(Debug, Clone)]
pub(crate) struct DraftReader(watch::Receiver<State>);

/// A new, empty answer.
pub(crate) fn draft() -> (DraftWriter, DraftReader) {
    let (writer, reader) = watch::channel(State::default());
    (DraftWriter(writer), DraftReader(reader))
}

impl DraftWriter {
    /// Adds to the text.
    pub(crate) fn push(&self, delta: &str) {
        self.0.send_modify(|state| state.text.push_str(delta));
    }

    /// Puts another text in place of what was written.
    pub(crate) fn replace(&self, text: String) {
        self.0.send_modify(|state| state.text = text);
    }

    /// The text so far.
    pub(crate) fn text(&self) -> String {
        self.0.borrow().text.clone()
    }

    /// Ends the answer. What is said last is up to `closing`.
    pub(crate) fn finish(self, closing: Closing) {
        self.0.send_modify(|state| state.closing = Some(closing));
    }
}

/// What a look at a draft shows.
#[derive(Debug, Clone)]
pub(crate) enum Look {
    /// Still being written; the text so far.
    Growing(String),
    /// Finished.
    Finished(Closing),
    /// The writer is gone without finishing: the process is going down, and a restart will
    /// take the message up again.
    Abandoned,
}

impl DraftReader {
    /// Waits until there is something new since the last [`look`](Self::look).
    ///
    /// Cancel safe.
    pub(crate) async fn changed(&mut self) {
        // An error means that the writer is gone, which a look will tell.
        self.0.changed().await.ok();
    }

    /// Waits for the end of the answer. `None`: the writer is gone without finishing.
    ///
    /// Cancel safe.
    pub(crate) async fn finished(&mut self) -> Option<Closing> {
        let finished = self.0.wait_for(|state| state.closing.is_some()).await;
        finished.ok()?.closing.clone()
    }

    /// What the answer is now; marks it as seen.
    pub(crate) fn look(&mut self) -> Look {
        let abandoned = self.0.has_changed().is_err();
        let state = self.0.borrow_and_update();
        match &state.closing {
            Some(closing) => Look::Finished(closing.clone()),
            None if abandoned => Look::Abandoned,
            None => Look::Growing(state.text.clone()),
        }
    }
}
