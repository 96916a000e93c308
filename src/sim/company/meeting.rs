//! The category `meeting`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::page::Question;
use super::wall::{self, minute, to_minute};
use super::{Answered, Office, Refused, Visit, answer, opaque, read};

/// All meetings.
#[derive(Debug)]
pub(crate) struct Meetings {
    seed: u64,
    meetings: Vec<Meeting>,
}

#[derive(Debug)]
struct Meeting {
    id: String,
    code: String,
    creator: String,
    title: String,
    start_ms: i64,
    /// Seconds.
    duration: i64,
    description: String,
    location: String,
    invitees: Vec<String>,
    settings: Map<String, Value>,
    is_cancelled: bool,
}

#[derive(Deserialize)]
struct Create {
    title: String,
    meeting_start_datetime: String,
    meeting_duration: i64,
    #[serde(default)]
    description: String,
    #[serde(default)]
    location: String,
    invitees: Option<UserList>,
    #[serde(default)]
    settings: Map<String, Value>,
}

#[derive(Deserialize)]
struct UserList {
    userid: Vec<String>,
}

#[derive(Deserialize)]
struct List {
    begin_datetime: Option<String>,
    end_datetime: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
struct Info {
    meetingid: String,
    meeting_code: Option<String>,
}

#[derive(Deserialize)]
struct Cancel {
    meetingid: String,
}

#[derive(Deserialize)]
struct Invite {
    meetingid: String,
    invitees: Vec<Invitee>,
}

#[derive(Deserialize)]
struct Invitee {
    userid: String,
}

impl Meetings {
    /// No meetings.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            meetings: Vec::new(),
        }
    }

    /// Does what a method says.
    pub(crate) fn call(
        &mut self,
        visit: Visit<'_>,
        office: &mut Office,
        method: &str,
        args: &Map<String, Value>,
    ) -> Answered {
        match method {
            "create_meeting" => self.create(visit, office, read(args)?),
            "list_user_meetings" => self.list(visit, args),
            "get_meeting_info" => self.info(visit, &read(args)?),
            "cancel_meeting" => self.cancel(visit, office, &read(args)?),
            "set_invite_meeting_members" => self.invite(visit, office, &read(args)?),
            _ => Err(Refused::not_open()),
        }
    }

    fn create(&mut self, visit: Visit<'_>, office: &mut Office, asked: Create) -> Answered {
        Refused::unless_room(self.meetings.len())?;
        let start_ms = minute(&asked.meeting_start_datetime)?;
        if start_ms < visit.now_ms {
            let text = "meeting_start_datetime must lie in the future";
            return Err(Refused::argument(text));
        }
        let asked_people = asked.invitees.map(|list| list.userid).unwrap_or_default();
        let invitees = members(office, asked_people.iter().map(String::as_str))?;
        let has_no_account = |id: &&String| {
            let member = office.people.find(id);
            member.is_some_and(|member| member.traits.meeting_account == Some(false))
        };
        let excess: Vec<&String> = invitees.iter().filter(has_no_account).collect();
        let excess = json!(excess);
        let number = u64::try_from(self.meetings.len()).unwrap_or(u64::MAX);
        let code = self.code(number);
        let link = link(&code);
        let meeting = Meeting {
            id: opaque("mt", self.seed, number),
            code: code.clone(),
            creator: visit.member.to_owned(),
            title: asked.title,
            start_ms,
            duration: asked.meeting_duration,
            description: asked.description,
            location: asked.location,
            invitees,
            settings: asked.settings,
            is_cancelled: false,
        };
        let told = meeting.invitees.iter().map(String::as_str);
        let when = to_minute(start_ms);
        office.notify(told, &format!("会议邀请：{}（{when}）", meeting.title));
        let id = json!(meeting.id);
        self.meetings.push(meeting);
        Ok(answer([
            ("meetingid", id),
            ("meeting_code", json!(code)),
            ("meeting_link", json!(link)),
            ("excess_users", excess),
        ]))
    }

    fn list(&self, visit: Visit<'_>, args: &Map<String, Value>) -> Answered {
        let asked: List = read(args)?;
        let edge = |text: &Option<String>, otherwise: i64| match text {
            Some(text) => {
                let ms = minute(text)?;
                wall::within_thirty_days(ms, visit.now_ms).map(|()| ms)
            }
            None => Ok(otherwise),
        };
        let begin_ms = edge(&asked.begin_datetime, i64::MIN)?;
        let end_ms = edge(&asked.end_datetime, i64::MAX)?;
        if end_ms < begin_ms {
            return Err(Refused::argument("end_datetime is before begin_datetime"));
        }
        let found = self
            .meetings
            .iter()
            .zip(0_u64..)
            .filter(|(meeting, _)| {
                meeting.concerns(visit.member)
                    && meeting.start_ms <= end_ms
                    && meeting.end_ms() >= begin_ms
            })
            .map(|(meeting, n)| (n, meeting.id.clone()));
        let limit = asked.limit.unwrap_or(PAGE);
        let question = Question::of(visit, "list_user_meetings", args);
        let page = question.page(found, asked.cursor.as_deref(), limit)?;
        Ok(answer([
            ("meetingid_list", json!(page.items)),
            ("next_cursor", json!(page.next_cursor)),
        ]))
    }

    fn info(&self, visit: Visit<'_>, asked: &Info) -> Answered {
        let meeting = self
            .meetings
            .iter()
            .find(|meeting| meeting.id == asked.meetingid && meeting.concerns(visit.member))
            .filter(|meeting| {
                let code = asked.meeting_code.as_ref();
                code.is_none_or(|code| *code == meeting.code)
            })
            .ok_or_else(no_meeting)?;
        Ok(meeting.info(visit))
    }

    fn cancel(&mut self, visit: Visit<'_>, office: &mut Office, asked: &Cancel) -> Answered {
        let meeting = self.own(visit, &asked.meetingid)?;
        if !meeting.is_cancelled {
            if meeting.end_ms() <= visit.now_ms {
                return Err(Refused::argument("the meeting has ended"));
            }
            meeting.is_cancelled = true;
            let told = meeting.invitees.iter().map(String::as_str);
            office.notify(told, &format!("会议已取消：{}", meeting.title));
        }
        Ok(answer([]))
    }

    fn invite(&mut self, visit: Visit<'_>, office: &mut Office, asked: &Invite) -> Answered {
        let people = asked.invitees.iter().map(|invitee| invitee.userid.as_str());
        let invitees = members(office, people)?;
        let meeting = self.own(visit, &asked.meetingid)?;
        let new = invitees.iter().filter(|id| !meeting.invitees.contains(id));
        let text = format!("会议邀请：{}", meeting.title);
        office.notify(new.map(String::as_str), &text);
        meeting.invitees = invitees;
        Ok(answer([]))
    }

    /// A meeting that the member may change.
    fn own(&mut self, visit: Visit<'_>, id: &str) -> Result<&mut Meeting, Refused> {
        let meeting = self
            .meetings
            .iter_mut()
            .find(|meeting| meeting.id == id && meeting.concerns(visit.member))
            .ok_or_else(no_meeting)?;
        if meeting.creator == visit.member {
            Ok(meeting)
        } else {
            Err(Refused::forbidden("only the creator may change a meeting"))
        }
    }

    /// Nine digits that no other meeting has: the step and the number of codes have no
    /// common divisor.
    fn code(&self, number: u64) -> String {
        let code = (self.seed % CODES + number * CODE_STEP) % CODES;
        (FIRST_CODE + code).to_string()
    }
}

impl Meeting {
    fn concerns(&self, member: &str) -> bool {
        self.creator == member || self.invitees.iter().any(|id| id == member)
    }

    fn end_ms(&self) -> i64 {
        self.start_ms + self.duration * 1_000
    }

    /// 1 not started, 2 running, 3 ended, 4 cancelled.
    fn status(&self, now_ms: i64) -> u8 {
        if self.is_cancelled {
            4
        } else if now_ms < self.start_ms {
            1
        } else if now_ms < self.end_ms() {
            2
        } else {
            3
        }
    }

    fn info(&self, visit: Visit<'_>) -> Map<String, Value> {
        // Nobody joins a meeting of the simulator.
        let absent = |id: &String| json!({ "userid": id, "status": 2, "total_join_count": 0, "cumulative_time": 0 });
        let members: Vec<Value> = self.invitees.iter().map(absent).collect();
        answer([
            ("creator_userid", json!(self.creator)),
            ("title", json!(self.title)),
            ("meeting_start_datetime", json!(to_minute(self.start_ms))),
            ("meeting_duration", json!(self.duration)),
            ("description", json!(self.description)),
            ("location", json!(self.location)),
            ("main_department", json!(1)),
            ("status", json!(self.status(visit.now_ms))),
            ("meeting_type", json!(0)),
            (
                "attendees",
                json!({ "member": members, "tmp_external_user": [] }),
            ),
            ("settings", self.settings(visit.member)),
            ("meeting_code", json!(self.code)),
            ("meeting_link", json!(link(&self.code))),
            ("has_vote", json!(false)),
            ("has_more_sub_meeting", json!(0)),
            ("remain_sub_meetings", json!(0)),
            ("guests", json!([])),
            (
                "reminders",
                json!({ "is_repeat": 0, "remind_before": [900] }),
            ),
            ("sub_meetings", json!([])),
            ("sub_repeat_list", json!([])),
        ])
    }

    /// The settings as given, over the defaults; the password is for the creator.
    fn settings(&self, viewer: &str) -> Value {
        let mut settings = json!({
            "remind_scope": 2,
            "need_password": self.settings.contains_key("password"),
            "enable_waiting_room": false,
            "allow_enter_before_host": true,
            "enable_enter_mute": 0,
            "allow_unmute_self": true,
            "allow_external_user": true,
            "enable_screen_watermark": false,
            "watermark_type": 0,
            "auto_record_type": "none",
            "hosts": { "userid": [self.creator] },
        });
        if let Some(settings) = settings.as_object_mut() {
            let given = self.settings.iter();
            let shown = given.filter(|(name, _)| *name != "password" || viewer == self.creator);
            settings.extend(shown.map(|(name, value)| (name.clone(), value.clone())));
        }
        settings
    }
}

/// The ids of these members, each once.
fn members<'a>(
    office: &Office,
    ids: impl Iterator<Item = &'a str>,
) -> Result<Vec<String>, Refused> {
    let mut members: Vec<String> = Vec::new();
    for id in ids {
        let id = office.people.require(id)?;
        if !members.contains(&id) {
            members.push(id);
        }
    }
    Ok(members)
}

fn link(code: &str) -> String {
    format!("https://meeting.example.invalid/p/{code}")
}

/// What somebody who takes no part may not know from what does not exist.
fn no_meeting() -> Refused {
    Refused::argument("invalid meetingid")
}

/// Ids of a page when the caller names no number.
const PAGE: usize = 50;
/// The first code of nine digits, and how many there are.
const FIRST_CODE: u64 = 100_000_000;
const CODES: u64 = 900_000_000;
const CODE_STEP: u64 = 104_395_301;
