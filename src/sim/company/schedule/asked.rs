//! Arguments of the calendar methods.

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
pub(super) struct Wrapped<T> {
    pub(super) schedule: T,
}

#[derive(Deserialize)]
pub(super) struct Create {
    pub(super) start_time: String,
    pub(super) end_time: String,
    #[serde(flatten)]
    pub(super) rest: Given,
}

#[derive(Deserialize)]
pub(super) struct Update {
    pub(super) schedule_id: String,
    pub(super) start_time: Option<String>,
    pub(super) end_time: Option<String>,
    #[serde(flatten)]
    pub(super) rest: Given,
}

/// What an event may have besides its time.
#[derive(Deserialize)]
pub(super) struct Given {
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    pub(super) location: Option<String>,
    pub(super) is_whole_day: Option<u8>,
    pub(super) attendees: Option<Vec<Person>>,
    pub(super) reminders: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
pub(super) struct Person {
    pub(super) userid: String,
}

#[derive(Deserialize)]
pub(super) struct Range {
    pub(super) start_time: String,
    pub(super) end_time: String,
}

#[derive(Deserialize)]
pub(super) struct Detail {
    pub(super) schedule_id_list: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Cancel {
    pub(super) schedule_id: String,
}

#[derive(Deserialize)]
pub(super) struct People {
    pub(super) schedule_id: String,
    pub(super) attendees: Vec<Person>,
}

#[derive(Deserialize)]
pub(super) struct Availability {
    pub(super) check_user_list: Vec<String>,
    pub(super) start_time: String,
    pub(super) end_time: String,
}
