//! Arguments of the to-do methods.

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct FollowerList {
    pub(super) followers: Vec<AskedFollower>,
}

#[derive(Deserialize)]
pub(super) struct AskedFollower {
    pub(super) follower_id: String,
    #[serde(default = "accepted")]
    pub(super) follower_status: u8,
}

#[derive(Deserialize)]
pub(super) struct Create {
    pub(super) content: String,
    pub(super) follower_list: Option<FollowerList>,
    pub(super) end_time: Option<String>,
    #[serde(default)]
    pub(super) remind_type_list: Vec<u8>,
    pub(super) remind_time: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Update {
    pub(super) todo_id: String,
    pub(super) content: Option<String>,
    pub(super) follower_list: Option<FollowerList>,
    pub(super) todo_status: Option<u8>,
    pub(super) end_time: Option<String>,
    pub(super) remind_type_list: Option<Vec<u8>>,
    pub(super) remind_time: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ChangeStatus {
    pub(super) todo_id: String,
    pub(super) follower_id: Option<String>,
    pub(super) user_status: u8,
}

#[derive(Deserialize)]
pub(super) struct List {
    pub(super) follower_id: Option<String>,
    pub(super) create_begin_time: Option<String>,
    pub(super) create_end_time: Option<String>,
    pub(super) remind_begin_time: Option<String>,
    pub(super) remind_end_time: Option<String>,
    pub(super) deadline_begin_time: Option<String>,
    pub(super) deadline_end_time: Option<String>,
    pub(super) todo_status: Option<u8>,
    pub(super) limit: Option<usize>,
    pub(super) cursor: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Detail {
    pub(super) todo_id_list: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Delete {
    pub(super) todo_id: String,
}

#[derive(Deserialize)]
pub(super) struct Search {
    pub(super) keyword: String,
}

/// The state of a participant of whom no state was given.
pub(super) fn accepted() -> u8 {
    1
}
