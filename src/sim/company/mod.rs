//! The company behind the simulated category servers: its members' to-dos, meetings,
//! calendars, messages and documents.
//!
//! Each topic is one state of its own with one door: a [`Visit`], a method and arguments
//! go in, a business answer comes out. Nothing here knows of MCP.

mod contact;
mod doc;
mod handle;
mod meeting;
mod msg;
mod page;
mod people;
mod routes;
mod schedule;
mod todo;
mod wall;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use self::doc::{
    Grant as DocGrant, Kind as DocKind, Listed as DocListed, Owner as DocOwner, Pace as ExportPace,
};
pub use self::handle::CompanyHandle;
pub(super) use self::msg::{Chats, File, Heard, HeardContent, Line};
pub use self::msg::{SaidContent, Saying};
pub use self::people::MemberTraits;
pub(super) use self::people::{Member, People};
pub(super) use self::routes::router;

/// Everything that the category servers know, besides who works here.
#[derive(Debug)]
pub(super) struct Company {
    seed: u64,
    contact: contact::Contact,
    todos: todo::Todos,
    meetings: meeting::Meetings,
    messages: msg::Messages,
    calendar: schedule::Calendar,
    docs: doc::Docs,
}

impl Company {
    /// A company in which nothing has happened. `seed` decides the ids that are drawn.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            contact: contact::Contact::default(),
            todos: todo::Todos::new(seed),
            meetings: meeting::Meetings::new(seed),
            messages: msg::Messages::new(seed),
            calendar: schedule::Calendar::new(seed),
            docs: doc::Docs::new(seed),
        }
    }

    /// Forgets everything that happened.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.seed);
    }

    /// Does what a method of a category says. `chats` is what `msg` reads and writes.
    ///
    /// # Errors
    ///
    /// The service's own refusal; 853006 for a method that no topic has.
    pub(super) fn call(
        &mut self,
        visit: Visit<'_>,
        office: &mut Office,
        chats: &mut dyn Chats,
        category: &str,
        method: &str,
        args: &Map<String, Value>,
    ) -> Answered {
        match category {
            "contact" => self.contact.call(visit, office, method, args),
            "todo" => self.todos.call(visit, office, method, args),
            "meeting" => self.meetings.call(visit, office, method, args),
            "msg" => self.messages.call(visit, office, chats, method, args),
            "schedule" => self.calendar.call(visit, office, method, args),
            "doc" => self.docs.call(visit, method, args),
            _ => Err(Refused::not_open()),
        }
    }

    /// Limits the directory: with more visible members `get_userlist` answers 853006.
    pub(super) fn limit_contacts(&mut self, most_visible: Option<usize>) {
        self.contact.most_visible = most_visible;
    }

    /// Lets a member say something to another one or in a group, without any bot.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn say(
        &mut self,
        people: &People,
        chats: &dyn Chats,
        saying: Saying,
        now_ms: i64,
    ) -> Result<(), Refused> {
        self.messages.say(people, chats, saying, now_ms)
    }

    /// The documents.
    fn docs(&mut self) -> &mut doc::Docs {
        &mut self.docs
    }

    /// Lets a participant answer an invitation to a calendar event.
    ///
    /// # Errors
    ///
    /// 40058 where there is no such event, participant or answer.
    pub(super) fn respond(&mut self, event: &str, member: &str, status: u8) -> Result<(), Refused> {
        self.calendar.respond(event, member, status)
    }
}

/// Who calls, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit<'a> {
    /// The member that the call acts for: the one named by the trusted header, else the
    /// bot's owner.
    pub(crate) member: &'a str,
    /// The company's time, in milliseconds since 1970.
    pub(crate) now_ms: i64,
}

/// What a call finds at the company besides its topic's own state.
#[derive(Debug, Default)]
pub(crate) struct Office {
    /// Who works here.
    pub(crate) people: People,
    /// What members are told because of the call.
    pub(crate) notices: Vec<Notice>,
}

impl Office {
    /// Tells members something.
    pub(crate) fn notify<'a>(&mut self, members: impl IntoIterator<Item = &'a str>, text: &str) {
        self.notices.extend(members.into_iter().map(|to| Notice {
            to: to.to_owned(),
            text: text.to_owned(),
        }));
    }
}

/// Something that a member is told by the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// The member.
    pub(crate) to: String,
    /// What.
    pub(crate) text: String,
}

/// The members of a business answer besides `errcode` and `errmsg`, or why not.
pub(crate) type Answered = Result<Map<String, Value>, Refused>;

/// A business error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// WeCom's number.
    pub(crate) errcode: i64,
    /// What it says.
    pub(crate) errmsg: String,
    /// Guidance for a person, with a link.
    pub(crate) help_message: Option<String>,
}

impl Refused {
    /// A refusal without guidance.
    pub(crate) fn new(errcode: i64, errmsg: impl Into<String>) -> Self {
        Self {
            errcode,
            errmsg: errmsg.into(),
            help_message: None,
        }
    }

    /// 40058: an argument that the schema allows and the service does not.
    pub(crate) fn argument(errmsg: impl Into<String>) -> Self {
        Self::new(BAD_ARGUMENT, errmsg)
    }

    /// 48002: the member may not do this to that.
    pub(crate) fn forbidden(errmsg: impl Into<String>) -> Self {
        Self::new(FORBIDDEN, errmsg)
    }

    /// 45009: the company keeps no more of this; checked before something is added to
    /// `kept` things.
    pub(crate) fn unless_room(kept: usize) -> Result<(), Self> {
        if kept < KEPT_MAX {
            Ok(())
        } else {
            Err(Self::new(TOO_MANY, "api freq out of limit"))
        }
    }

    /// 853006: the company has no such method.
    pub(crate) fn not_open() -> Self {
        Self::new(NOT_OPEN, "this tool is not available for your corporation")
    }
}

/// An answer with these members.
fn answer<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Reads the arguments of a method. They were checked against its schema before, so that
/// this fails where schema and topic disagree only.
fn read<T: DeserializeOwned>(args: &Map<String, Value>) -> Result<T, Refused> {
    serde_json::from_value(Value::Object(args.clone()))
        .map_err(|error| Refused::argument(format!("invalid argument: {error}")))
}

/// An id that tells nothing: `prefix` and ten hexadecimal digits that no other `number`
/// of the same seed has.
fn opaque(prefix: &str, seed: u64, number: u64) -> String {
    let mixed = number
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(seed)
        & 0xff_ffff_ffff;
    format!("{prefix}_{mixed:010x}")
}

const BAD_ARGUMENT: i64 = 40_058;
const TOO_MANY: i64 = 45_009;
const FORBIDDEN: i64 = 48_002;
const NOT_OPEN: i64 = 853_006;
/// Things of one kind (to-dos, meetings, events, messages) that are kept until a reset:
/// more than any story has, and little enough for a simulator that runs for weeks.
const KEPT_MAX: usize = 20_000;
