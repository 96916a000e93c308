//! One answer that is fetched while it grows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::channel::draft::{DraftReader, Look};
use crate::channel::reply::{LateWay, beginning_of, visible_markup};
use crate::ids::{MessageId, StreamId};
use crate::texts;
use crate::wecom::card::TemplateCard;

/// WeCom asks for six minutes after the message.
const ASKED_FOR: Duration = Duration::from_mins(6);

/// So much earlier an answer that is not finished leaves its stream: nobody knows when WeCom
/// asks for the last time.
const MARGIN: Duration = Duration::from_secs(30);

/// Questions whose answers are remembered: one that is asked again gets the same, so that no
/// card is lost on the way.
const REMEMBERED: usize = 4;

/// Pictures in one answer.
const MAX_IMAGES: usize = 10;

/// Bytes of one picture.
pub(crate) const IMAGE_BYTES: u64 = 10 * 1024 * 1024;

/// Bytes of all pictures of one answer.
const IMAGES_BYTES: usize = 30 * 1024 * 1024;

/// While an answer can be fetched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// When an answer that is not finished leaves its stream.
    pub(crate) leaves: Instant,
    /// When WeCom stops asking.
    pub(crate) ends: Instant,
}

impl Window {
    /// The window of a message that was sent `age` ago.
    pub(crate) fn of_age(age: Duration) -> Self {
        let now = Instant::now();
        let left = ASKED_FOR.saturating_sub(age);
        Self {
            leaves: now + left.saturating_sub(MARGIN),
            ends: now + left,
        }
    }
}

/// A picture as WeCom takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolledImage {
    pub(crate) base64: String,
    /// MD5 of the bytes, lower-case hex.
    pub(crate) md5: String,
}

/// One answer that is fetched while it grows.
#[derive(Debug)]
pub(crate) struct PolledStream {
    pub(crate) id: StreamId,
    pub(crate) window: Window,
    state: Mutex<State>,
    fetched: Notify,
}

#[derive(Debug)]
struct State {
    /// What is shown while there is nothing else.
    placeholder: String,
    /// The last that is shown of what takes too long, where that is not its beginning.
    parting: Option<&'static str>,
    shown: Shown,
    images: Vec<PolledImage>,
    card: Option<Box<TemplateCard>>,
    responses: Vec<Arc<LateWay>>,
    answered: VecDeque<(MessageId, Value)>,
    touched: Instant,
    asked: Option<Instant>,
    fetched: bool,
}

/// What the stream shows.
#[derive(Debug)]
enum Shown {
    /// Nothing yet.
    Waiting,
    /// An answer that is being written.
    Growing(DraftReader),
    /// The answer, or the last that is shown of it.
    Finished(String),
    /// What there was, and that the answer comes another way.
    HandedOver(String),
}

impl PolledStream {
    /// A stream that shows `placeholder` until there is more.
    pub(crate) fn open(id: StreamId, placeholder: String, window: Window) -> Self {
        Self {
            id,
            window,
            state: Mutex::new(State {
                placeholder,
                parting: None,
                shown: Shown::Waiting,
                images: Vec::new(),
                card: None,
                responses: Vec::new(),
                answered: VecDeque::new(),
                touched: Instant::now(),
                asked: None,
                fetched: false,
            }),
            fetched: Notify::new(),
        }
    }

    /// A stream that has said all it has to say.
    pub(crate) fn finished(id: StreamId, text: String) -> Self {
        let stream = Self::open(id, String::new(), Window::of_age(Duration::ZERO));
        stream.finish(text);
        stream
    }

    /// Shows another text until there is more.
    pub(crate) fn wait_with(&self, placeholder: &str) {
        placeholder.clone_into(&mut self.lock().placeholder);
    }

    /// Ends with this text if it takes too long.
    pub(crate) fn part_with(&self, text: &'static str) {
        self.lock().parting = Some(text);
    }

    /// Shows an answer while it is written.
    pub(crate) fn follow(&self, draft: DraftReader) {
        let mut state = self.lock();
        if matches!(state.shown, Shown::Waiting) {
            state.shown = Shown::Growing(draft);
        }
    }

    /// Shows the last text. A stream that was left keeps its notice.
    pub(crate) fn finish(&self, text: String) {
        let mut state = self.lock();
        state.touched = Instant::now();
        if !matches!(state.shown, Shown::HandedOver(_)) {
            state.shown = Shown::Finished(text);
        }
    }

    /// Shows another last text than the one that nobody fetched, without anything beside it.
    pub(crate) fn point(&self, text: &str) {
        let mut state = self.lock();
        state.images.clear();
        state.shown = Shown::Finished(text.to_owned());
    }

    /// Whether a finished answer can still go out here.
    pub(crate) fn is_open(&self) -> bool {
        let left = matches!(self.lock().shown, Shown::HandedOver(_));
        !left && Instant::now() < self.window.leaves
    }

    /// Puts a picture beside the finished answer. `false`: there is no room.
    pub(crate) fn attach_image(&self, image: PolledImage) -> bool {
        let open = self.is_open();
        let mut state = self.lock();
        let bytes: usize = state.images.iter().map(|image| image.base64.len()).sum();
        let fits =
            state.images.len() < MAX_IMAGES && (bytes + image.base64.len()) / 4 * 3 <= IMAGES_BYTES;
        if open && fits {
            state.images.push(image);
        }
        open && fits
    }

    /// Puts a card beside the finished answer. `false`: there is one, or it is too late.
    pub(crate) fn attach_card(&self, card: &TemplateCard) -> bool {
        let open = self.is_open();
        let mut state = self.lock();
        let fits = open && state.card.is_none();
        if fits {
            state.card = Some(Box::new(card.clone()));
        }
        fits
    }

    /// The card beside the answer, if nobody fetched it.
    pub(crate) fn take_card(&self) -> Option<Box<TemplateCard>> {
        self.lock().card.take()
    }

    /// One more way of a late answer, newer than those before.
    pub(crate) fn add_response(&self, way: Arc<LateWay>) {
        self.lock().responses.insert(0, way);
    }

    /// The ways of a late answer, newest first.
    pub(crate) fn responses(&self) -> Vec<Arc<LateWay>> {
        self.lock().responses.clone()
    }

    /// What is answered now. `question` is the id of WeCom's asking, where it is one: asked
    /// again, it gets the same answer.
    pub(crate) fn answer(&self, question: Option<&MessageId>) -> Value {
        let now = Instant::now();
        let mut state = self.lock();
        state.touched = now;
        if let Some(question) = question {
            state.asked = Some(now);
            let before = state.answered.iter().find(|(id, _)| id == question);
            if let Some((_, answer)) = before {
                return answer.clone();
            }
        }
        if !state.is_over() && now >= self.window.leaves {
            tracing::info!(stream = %self.id, "an answer leaves its stream");
            state.shown = Shown::HandedOver(state.parting());
        }
        let answer = state.answer(&self.id);
        if matches!(state.shown, Shown::Finished(_)) {
            state.fetched = true;
            self.fetched.notify_waiters();
        }
        if let Some(question) = question {
            state.answered.push_back((question.clone(), answer.clone()));
            if state.answered.len() > REMEMBERED {
                state.answered.pop_front();
            }
        }
        answer
    }

    /// Resolves when the finished answer was fetched. Cancel safe.
    pub(crate) async fn fetched(&self) {
        loop {
            let fetched = self.fetched.notified();
            if self.is_fetched() {
                return;
            }
            fetched.await;
        }
    }

    /// Whether the finished answer was fetched.
    pub(crate) fn is_fetched(&self) -> bool {
        self.lock().fetched
    }

    /// When WeCom asked last.
    pub(crate) fn asked_at(&self) -> Option<Instant> {
        self.lock().asked
    }

    /// Whether nothing happened to it for `kept`, and nothing will.
    pub(super) fn is_stale(&self, now: Instant, kept: Duration) -> bool {
        let state = self.lock();
        let age = now.saturating_duration_since(state.touched);
        state.is_over() && age >= kept
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A state is whole at each step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_over(&self) -> bool {
        matches!(self.shown, Shown::Finished(_) | Shown::HandedOver(_))
    }

    /// What was written so far; empty where nothing was, or nothing that people may see.
    fn written(&mut self) -> String {
        let Shown::Growing(draft) = &mut self.shown else {
            return String::new();
        };
        let text = match draft.look() {
            Look::Growing(text) => text,
            Look::Finished(closing) => closing.text.unwrap_or_default(),
            Look::Abandoned => String::new(),
        };
        let visible = visible_markup(&text);
        if visible.trim().is_empty() {
            String::new()
        } else {
            visible
        }
    }

    /// The last that is shown of an answer that goes on elsewhere.
    fn parting(&mut self) -> String {
        if let Some(parting) = self.parting {
            return parting.to_owned();
        }
        let written = self.written();
        if written.is_empty() {
            return texts::HANDED_OVER.to_owned();
        }
        let note = format!("\n\n{}", texts::HANDED_OVER_PARTIAL);
        let beginning = beginning_of(&written, &note);
        if beginning.ends_with(&note) {
            beginning
        } else {
            beginning + &note
        }
    }

    fn answer(&mut self, id: &StreamId) -> Value {
        let content = match &self.shown {
            Shown::Waiting => self.placeholder.clone(),
            Shown::Growing(_) => match self.written() {
                written if written.is_empty() => self.placeholder.clone(),
                written => beginning_of(&written, texts::webhook::MORE_COMING),
            },
            Shown::HandedOver(text) | Shown::Finished(text) => text.clone(),
        };
        let finish = self.is_over();
        let mut stream = json!({ "id": id, "finish": finish, "content": content });
        let is_last = matches!(self.shown, Shown::Finished(_));
        if is_last && !self.images.is_empty() {
            let images = self.images.iter().map(|image| {
                let image = json!({ "base64": image.base64, "md5": image.md5 });
                json!({ "msgtype": "image", "image": image })
            });
            if let Some(fields) = stream.as_object_mut() {
                fields.insert("msg_item".to_owned(), images.collect());
            }
        }
        // A card can be given once.
        match self.card.take_if(|_| is_last) {
            Some(card) => json!({
                "msgtype": "stream_with_template_card",
                "stream": stream,
                "template_card": card.to_value(),
            }),
            None => json!({ "msgtype": "stream", "stream": stream }),
        }
    }
}
