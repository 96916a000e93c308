//! The category `schedule`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::wall::{self, Edge, day_or_second, to_second};
use super::{Answered, Office, Refused, Visit, answer, opaque, read};

/// All calendar events.
#[derive(Debug)]
pub(crate) struct Calendar {
    seed: u64,
    events: Vec<Event>,
}

#[derive(Debug)]
struct Event {
    id: String,
    admin: String,
    summary: String,
    description: String,
    location: String,
    start_ms: i64,
    end_ms: i64,
    is_whole_day: bool,
    is_cancelled: bool,
    attendees: Vec<Attendee>,
    reminders: Map<String, Value>,
}

#[derive(Debug, Clone)]
struct Attendee {
    id: String,
    response: u8,
}

#[derive(Deserialize)]
struct Wrapped<T> {
    schedule: T,
}

#[derive(Deserialize)]
struct Create {
    start_time: String,
    end_time: String,
    #[serde(flatten)]
    rest: Given,
}

#[derive(Deserialize)]
struct Update {
    schedule_id: String,
    start_time: Option<String>,
    end_time: Option<String>,
    #[serde(flatten)]
    rest: Given,
}

/// What an event may have besides its time.
#[derive(Deserialize)]
struct Given {
    summary: Option<String>,
    description: Option<String>,
    location: Option<String>,
    is_whole_day: Option<u8>,
    attendees: Option<Vec<Person>>,
    reminders: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Person {
    userid: String,
}

#[derive(Deserialize)]
struct Range {
    start_time: String,
    end_time: String,
}

#[derive(Deserialize)]
struct Detail {
    schedule_id_list: Vec<String>,
}

#[derive(Deserialize)]
struct Cancel {
    schedule_id: String,
}

#[derive(Deserialize)]
struct People {
    schedule_id: String,
    attendees: Vec<Person>,
}

#[derive(Deserialize)]
struct Availability {
    check_user_list: Vec<String>,
    start_time: String,
    end_time: String,
}

impl Calendar {
    /// No events.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            events: Vec::new(),
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
            "get_schedule_list_by_range" => self.list(visit, &read(args)?),
            "get_schedule_detail" => Ok(self.detail(visit, &read(args)?)),
            "create_schedule" => self.create(visit, office, read(args)?),
            "update_schedule" => self.update(visit, office, read(args)?),
            "cancel_schedule" => self.cancel(visit, office, &read(args)?),
            "add_schedule_attendees" => self.add_people(visit, office, &read(args)?),
            "del_schedule_attendees" => self.remove_people(visit, office, &read(args)?),
            "check_availability" => self.availability(visit, office, &read(args)?),
            _ => Err(Refused::not_open()),
        }
    }

    /// Lets a participant answer an invitation.
    pub(crate) fn respond(&mut self, id: &str, member: &str, status: u8) -> Result<(), Refused> {
        if !(1..=9).contains(&status) {
            return Err(Refused::argument("a response is a number from 1 to 9"));
        }
        let event = self
            .events
            .iter_mut()
            .find(|event| event.id == id)
            .ok_or_else(no_event)?;
        let attendee = event
            .attendees
            .iter_mut()
            .find(|attendee| attendee.id.eq_ignore_ascii_case(member))
            .ok_or_else(|| Refused::argument("the member is not invited"))?;
        attendee.response = status;
        Ok(())
    }

    fn list(&self, visit: Visit<'_>, asked: &Range) -> Answered {
        let (begin_ms, end_ms) = range(&asked.start_time, &asked.end_time)?;
        wall::within_thirty_days(begin_ms, visit.now_ms)?;
        wall::within_thirty_days(end_ms, visit.now_ms)?;
        let ids: Vec<&String> = self
            .events
            .iter()
            .filter(|event| event.concerns(visit.member) && event.touches(begin_ms, end_ms))
            .map(|event| &event.id)
            .collect();
        Ok(answer([("schedule_id_list", json!(ids))]))
    }

    fn detail(&self, visit: Visit<'_>, asked: &Detail) -> Map<String, Value> {
        let found: Vec<Value> = asked
            .schedule_id_list
            .iter()
            .filter_map(|id| self.events.iter().find(|event| event.id == *id))
            .filter(|event| event.concerns(visit.member))
            .map(Event::detail)
            .collect();
        answer([("schedule", json!(found))])
    }

    fn create(
        &mut self,
        visit: Visit<'_>,
        office: &mut Office,
        asked: Wrapped<Create>,
    ) -> Answered {
        Refused::unless_room(self.events.len())?;
        let Create {
            start_time,
            end_time,
            rest,
        } = asked.schedule;
        let number = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        let mut event = Event {
            id: opaque("sc", self.seed, number),
            admin: visit.member.to_owned(),
            summary: String::new(),
            description: String::new(),
            location: String::new(),
            start_ms: day_or_second(&start_time, Edge::Begin)?,
            end_ms: day_or_second(&end_time, Edge::End)?,
            is_whole_day: false,
            is_cancelled: false,
            attendees: Vec::new(),
            reminders: Map::new(),
        };
        event.change(rest, office)?;
        let told = event.attendees.iter().map(|attendee| attendee.id.as_str());
        office.notify(told, &format!("日程邀请：{}", event.summary));
        let id = json!(event.id);
        self.events.push(event);
        Ok(answer([("schedule_id", id)]))
    }

    fn update(
        &mut self,
        visit: Visit<'_>,
        office: &mut Office,
        asked: Wrapped<Update>,
    ) -> Answered {
        let asked = asked.schedule;
        let event = self.own(visit, &asked.schedule_id)?;
        let start_ms = match &asked.start_time {
            Some(text) => day_or_second(text, Edge::Begin)?,
            None => event.start_ms,
        };
        let end_ms = match &asked.end_time {
            Some(text) => day_or_second(text, Edge::End)?,
            None => event.end_ms,
        };
        let before = (event.start_ms, event.end_ms);
        (event.start_ms, event.end_ms) = (start_ms, end_ms);
        if let Err(refused) = event.change(asked.rest, office) {
            (event.start_ms, event.end_ms) = before;
            return Err(refused);
        }
        let told = event.attendees.iter().map(|attendee| attendee.id.as_str());
        office.notify(told, &format!("日程变更：{}", event.summary));
        Ok(answer([]))
    }

    fn cancel(&mut self, visit: Visit<'_>, office: &mut Office, asked: &Cancel) -> Answered {
        let event = self.own(visit, &asked.schedule_id)?;
        if !event.is_cancelled {
            event.is_cancelled = true;
            let told = event.attendees.iter().map(|attendee| attendee.id.as_str());
            office.notify(told, &format!("日程已取消：{}", event.summary));
        }
        Ok(answer([]))
    }

    fn add_people(&mut self, visit: Visit<'_>, office: &mut Office, asked: &People) -> Answered {
        let new = invited(office, &asked.attendees)?;
        let event = self.own(visit, &asked.schedule_id)?;
        for attendee in new {
            if event.attendees.iter().all(|known| known.id != attendee.id) {
                let text = format!("日程邀请：{}", event.summary);
                office.notify([attendee.id.as_str()], &text);
                event.attendees.push(attendee);
            }
        }
        Ok(answer([]))
    }

    fn remove_people(&mut self, visit: Visit<'_>, office: &mut Office, asked: &People) -> Answered {
        let event = self.own(visit, &asked.schedule_id)?;
        let text = format!("日程已移除您：{}", event.summary);
        let (gone, stay) = std::mem::take(&mut event.attendees)
            .into_iter()
            .partition::<Vec<_>, _>(|attendee| {
                let mut people = asked.attendees.iter();
                people.any(|person| person.userid.eq_ignore_ascii_case(&attendee.id))
            });
        event.attendees = stay;
        office.notify(gone.iter().map(|attendee| attendee.id.as_str()), &text);
        Ok(answer([]))
    }

    fn availability(&self, visit: Visit<'_>, office: &Office, asked: &Availability) -> Answered {
        let (begin_ms, end_ms) = range(&asked.start_time, &asked.end_time)?;
        // Somebody unknown is missing in the answer: neither free nor busy.
        let known = asked
            .check_user_list
            .iter()
            .filter_map(|id| office.people.find(id));
        let rows: Vec<Value> = known
            .map(|member| {
                let slots: Vec<Value> = self
                    .events
                    .iter()
                    .filter(|event| event.busies(&member.id) && event.touches(begin_ms, end_ms))
                    .map(|event| event.slot(visit.member))
                    .collect();
                json!({ "userid": member.id, "busy_slots": slots })
            })
            .collect();
        Ok(answer([("user_busy_list", json!(rows))]))
    }

    /// An event that the member may change.
    fn own(&mut self, visit: Visit<'_>, id: &str) -> Result<&mut Event, Refused> {
        let event = self
            .events
            .iter_mut()
            .find(|event| event.id == id && event.concerns(visit.member))
            .ok_or_else(no_event)?;
        if event.admin == visit.member {
            Ok(event)
        } else {
            let text = "only an administrator of the event may change it";
            Err(Refused::forbidden(text))
        }
    }
}

impl Event {
    fn concerns(&self, member: &str) -> bool {
        self.admin == member || self.attendee(member).is_some()
    }

    fn attendee(&self, member: &str) -> Option<&Attendee> {
        self.attendees.iter().find(|attendee| attendee.id == member)
    }

    fn touches(&self, begin_ms: i64, end_ms: i64) -> bool {
        self.start_ms < end_ms && self.end_ms > begin_ms
    }

    /// Whether the member has no time for anything else then.
    fn busies(&self, member: &str) -> bool {
        let declined = |attendee: &Attendee| matches!(attendee.response, 4 | 8 | 9);
        !self.is_cancelled
            && match self.attendee(member) {
                Some(attendee) => !declined(attendee),
                None => self.admin == member,
            }
    }

    /// Changes what was given. Nothing is changed if something is refused.
    fn change(&mut self, given: Given, office: &Office) -> Result<(), Refused> {
        let is_whole_day = given
            .is_whole_day
            .map_or(self.is_whole_day, |flag| flag == 1);
        let (start_ms, end_ms) = if is_whole_day {
            (wall::day_start(self.start_ms), wall::day_end(self.end_ms))
        } else {
            (self.start_ms, self.end_ms)
        };
        if end_ms <= start_ms {
            return Err(Refused::argument("end_time must be after start_time"));
        }
        if let Some(people) = given.attendees {
            let kept = |new: Attendee| self.attendee(&new.id).cloned().unwrap_or(new);
            self.attendees = invited(office, &people)?.into_iter().map(kept).collect();
        }
        if let Some(mut reminders) = given.reminders {
            reminders.entry("timezone").or_insert(json!(8));
            self.reminders = reminders;
        }
        self.is_whole_day = is_whole_day;
        (self.start_ms, self.end_ms) = (start_ms, end_ms);
        let texts = [
            (&mut self.summary, given.summary),
            (&mut self.description, given.description),
            (&mut self.location, given.location),
        ];
        for (old, new) in texts {
            if let Some(new) = new {
                *old = new;
            }
        }
        Ok(())
    }

    fn detail(&self) -> Value {
        let attendee = |attendee: &Attendee| json!({ "userid": attendee.id, "response_status": attendee.response });
        let attendees: Vec<Value> = self.attendees.iter().map(attendee).collect();
        json!({
            "schedule_id": self.id,
            "summary": self.summary,
            "description": self.description,
            "start_time": self.start_ms / 1_000,
            "end_time": self.end_ms / 1_000,
            "location": self.location,
            "status": u8::from(self.is_cancelled),
            "is_whole_day": u8::from(self.is_whole_day),
            "admins": [self.admin],
            "attendees": attendees,
            "reminders": self.reminders,
        })
    }

    /// A busy time; what it is about is for those who are in it.
    fn slot(&self, viewer: &str) -> Value {
        let mut slot = json!({
            "start_time": to_second(self.start_ms),
            "end_time": to_second(self.end_ms),
        });
        if let Some(slot) = slot.as_object_mut()
            && self.concerns(viewer)
        {
            slot.insert("schedule_id".to_owned(), json!(self.id));
            slot.insert("subject".to_owned(), json!(self.summary));
        }
        slot
    }
}

fn range(begin: &str, end: &str) -> Result<(i64, i64), Refused> {
    let begin_ms = day_or_second(begin, Edge::Begin)?;
    let end_ms = day_or_second(end, Edge::End)?;
    if end_ms < begin_ms {
        return Err(Refused::argument("end_time is before start_time"));
    }
    Ok((begin_ms, end_ms))
}

/// Invitations that nobody has answered yet, one for each person.
fn invited(office: &Office, people: &[Person]) -> Result<Vec<Attendee>, Refused> {
    let mut invited: Vec<Attendee> = Vec::new();
    for person in people {
        let id = office.people.require(&person.userid)?;
        if invited.iter().all(|attendee| attendee.id != id) {
            invited.push(Attendee {
                id,
                response: UNDECIDED,
            });
        }
    }
    Ok(invited)
}

/// What somebody who takes no part may not know from what does not exist.
fn no_event() -> Refused {
    Refused::argument("invalid schedule_id")
}

const UNDECIDED: u8 = 1;
