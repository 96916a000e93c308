//! The category `todo`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::page::Question;
use super::wall::{self, second, to_second};
use super::{Answered, Office, Refused, Visit, answer, opaque, read};

/// All to-dos.
#[derive(Debug)]
pub(crate) struct Todos {
    seed: u64,
    todos: Vec<Todo>,
}

#[derive(Debug)]
struct Todo {
    id: String,
    creator: String,
    content: String,
    status: u8,
    followers: Vec<Follower>,
    end_ms: Option<i64>,
    reminds: Vec<u8>,
    /// An absolute reminder, of the older form.
    remind_ms: Option<i64>,
    created_ms: i64,
    updated_ms: i64,
}

#[derive(Debug, Clone)]
struct Follower {
    id: String,
    status: u8,
    updated_ms: i64,
}

#[derive(Deserialize)]
struct FollowerList {
    followers: Vec<AskedFollower>,
}

#[derive(Deserialize)]
struct AskedFollower {
    follower_id: String,
    #[serde(default = "accepted")]
    follower_status: u8,
}

#[derive(Deserialize)]
struct Create {
    content: String,
    follower_list: Option<FollowerList>,
    end_time: Option<String>,
    #[serde(default)]
    remind_type_list: Vec<u8>,
    remind_time: Option<String>,
}

#[derive(Deserialize)]
struct Update {
    todo_id: String,
    content: Option<String>,
    follower_list: Option<FollowerList>,
    todo_status: Option<u8>,
    end_time: Option<String>,
    remind_type_list: Option<Vec<u8>>,
    remind_time: Option<String>,
}

#[derive(Deserialize)]
struct ChangeStatus {
    todo_id: String,
    follower_id: Option<String>,
    user_status: u8,
}

#[derive(Deserialize)]
struct List {
    follower_id: Option<String>,
    create_begin_time: Option<String>,
    create_end_time: Option<String>,
    remind_begin_time: Option<String>,
    remind_end_time: Option<String>,
    deadline_begin_time: Option<String>,
    deadline_end_time: Option<String>,
    todo_status: Option<u8>,
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct Detail {
    todo_id_list: Vec<String>,
}

#[derive(Deserialize)]
struct Delete {
    todo_id: String,
}

#[derive(Deserialize)]
struct Search {
    keyword: String,
}

impl Todos {
    /// No to-dos.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            todos: Vec::new(),
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
            "search_todo_userid" => search(visit, office, &read(args)?),
            "create_todo" => self.create(visit, office, read(args)?),
            "update_todo" => self.update(visit, office, read(args)?),
            "change_todo_user_status" => self.change_status(visit, office, &read(args)?),
            "get_todo_list" => self.list(visit, office, args),
            "get_todo_detail" => Ok(self.detail(visit, office, &read(args)?)),
            "delete_todo" => self.delete(visit, office, &read(args)?),
            _ => Err(Refused::not_open()),
        }
    }

    fn create(&mut self, visit: Visit<'_>, office: &mut Office, asked: Create) -> Answered {
        Refused::unless_room(self.todos.len())?;
        let number = u64::try_from(self.todos.len()).unwrap_or(u64::MAX);
        let followers = match asked.follower_list {
            Some(list) => followers(office, list, visit.now_ms)?,
            None => Vec::new(),
        };
        let todo = Todo {
            id: opaque("td", self.seed, number),
            creator: visit.member.to_owned(),
            content: asked.content,
            status: IN_PROGRESS,
            followers,
            end_ms: asked.end_time.as_deref().map(second).transpose()?,
            reminds: asked.remind_type_list,
            remind_ms: asked.remind_time.as_deref().map(second).transpose()?,
            created_ms: visit.now_ms,
            updated_ms: visit.now_ms,
        };
        let told = todo.followers.iter().map(|follower| follower.id.as_str());
        office.notify(told, &format!("待办：{}", todo.content));
        let id = json!(todo.id);
        self.todos.push(todo);
        Ok(answer([("todo_id", id)]))
    }

    fn update(&mut self, visit: Visit<'_>, office: &Office, asked: Update) -> Answered {
        let end_ms = asked.end_time.as_deref().map(second).transpose()?;
        let remind_ms = asked.remind_time.as_deref().map(second).transpose()?;
        let new = match asked.follower_list {
            Some(list) => Some(followers(office, list, visit.now_ms)?),
            None => None,
        };
        let todo = self.find(visit, &asked.todo_id)?;
        if let Some(new) = new {
            // Who stays keeps the state; states change through their own method only.
            let stay = |new: Follower| {
                let old = todo.followers.iter().find(|old| old.id == new.id).cloned();
                old.unwrap_or(Follower {
                    status: accepted(),
                    ..new
                })
            };
            todo.followers = new.into_iter().map(stay).collect();
        }
        if let Some(content) = asked.content {
            todo.content = content;
        }
        if let Some(status) = asked.todo_status {
            todo.status = status;
        }
        todo.end_ms = end_ms.or(todo.end_ms);
        todo.remind_ms = remind_ms.or(todo.remind_ms);
        if let Some(reminds) = asked.remind_type_list {
            todo.reminds = reminds;
        }
        todo.updated_ms = visit.now_ms;
        Ok(answer([]))
    }

    fn change_status(
        &mut self,
        visit: Visit<'_>,
        office: &Office,
        asked: &ChangeStatus,
    ) -> Answered {
        let who = asked.follower_id.as_deref().unwrap_or(visit.member);
        let who = office.people.require(who)?;
        let todo = self.find(visit, &asked.todo_id)?;
        let follower = todo
            .followers
            .iter_mut()
            .find(|follower| follower.id == who)
            .ok_or_else(|| Refused::argument("follower_id takes no part in this to-do"))?;
        follower.status = asked.user_status;
        follower.updated_ms = visit.now_ms;
        todo.updated_ms = visit.now_ms;
        Ok(answer([]))
    }

    fn list(&self, visit: Visit<'_>, office: &Office, args: &Map<String, Value>) -> Answered {
        let asked: List = read(args)?;
        let listed = asked.follower_id.as_deref().unwrap_or(visit.member);
        let listed = office.people.require(listed)?;
        let created = range(
            asked.create_begin_time.as_deref(),
            asked.create_end_time.as_deref(),
            visit,
        )?;
        let reminded = range(
            asked.remind_begin_time.as_deref(),
            asked.remind_end_time.as_deref(),
            visit,
        )?;
        let due = range(
            asked.deadline_begin_time.as_deref(),
            asked.deadline_end_time.as_deref(),
            visit,
        )?;
        let fits = |todo: &Todo| {
            todo.status != DELETED
                && asked.todo_status.is_none_or(|status| status == todo.status)
                && created.is_none_or(|range| range.holds(todo.created_ms))
                && due.is_none_or(|range| todo.end_ms.is_some_and(|ms| range.holds(ms)))
                && reminded.is_none_or(|range| todo.reminders().any(|ms| range.holds(ms)))
        };
        // The newest first: the key of a to-do grows with its age.
        let found = self.todos.iter().enumerate().rev().filter_map(|(n, todo)| {
            let follower = todo.followers.iter().find(|f| f.id == listed)?;
            let age = u64::MAX - u64::try_from(n).unwrap_or(u64::MAX);
            fits(todo).then(|| (age, todo.index(follower)))
        });
        let limit = asked.limit.unwrap_or(PAGE);
        let question = Question::of(visit, "get_todo_list", args);
        let page = question.page(found, asked.cursor.as_deref(), limit)?;
        Ok(answer([
            ("index_list", json!(page.items)),
            ("has_more", json!(!page.next_cursor.is_empty())),
            ("next_cursor", json!(page.next_cursor)),
        ]))
    }

    fn detail(&self, visit: Visit<'_>, office: &Office, asked: &Detail) -> Map<String, Value> {
        let found: Vec<Value> = asked
            .todo_id_list
            .iter()
            .filter_map(|id| self.todos.iter().find(|todo| todo.id == *id))
            .filter(|todo| todo.status != DELETED && todo.concerns(visit.member))
            .map(|todo| todo.detail(visit.member, office))
            .collect();
        answer([("data_list", json!(found))])
    }

    fn delete(&mut self, visit: Visit<'_>, office: &mut Office, asked: &Delete) -> Answered {
        let todo = self
            .todos
            .iter_mut()
            .find(|todo| todo.id == asked.todo_id && todo.concerns(visit.member))
            .ok_or_else(no_todo)?;
        if todo.status != DELETED {
            todo.status = DELETED;
            todo.updated_ms = visit.now_ms;
            let told = todo.followers.iter().map(|follower| follower.id.as_str());
            office.notify(told, &format!("待办已删除：{}", todo.content));
        }
        Ok(answer([]))
    }

    fn find(&mut self, visit: Visit<'_>, id: &str) -> Result<&mut Todo, Refused> {
        self.todos
            .iter_mut()
            .find(|todo| todo.id == id && todo.status != DELETED && todo.concerns(visit.member))
            .ok_or_else(no_todo)
    }
}

impl Todo {
    fn concerns(&self, member: &str) -> bool {
        self.creator == member || self.followers.iter().any(|f| f.id == member)
    }

    /// When its participants are reminded.
    fn reminders(&self) -> impl Iterator<Item = i64> {
        let before = self.reminds.iter().filter_map(|kind| {
            let minutes = match kind {
                1 => 0,
                3 => 15,
                5 => 60,
                6 => 120,
                7 => 24 * 60,
                8 => 48 * 60,
                9 => 7 * 24 * 60,
                _ => return None,
            };
            Some(self.end_ms? - minutes * 60_000)
        });
        before.chain(self.remind_ms)
    }

    fn index(&self, follower: &Follower) -> Value {
        let mut index = json!({
            "todo_id": self.id,
            "todo_status": self.status,
            "user_status": follower.status,
            "creator_id": self.creator,
            "create_time": to_second(self.created_ms),
            "update_time": to_second(self.updated_ms),
        });
        self.add_times(&mut index);
        index
    }

    fn detail(&self, viewer: &str, office: &Office) -> Value {
        let follower = |follower: &Follower| {
            json!({
                "follower_id": follower.id,
                "name": office.people.name(&follower.id),
                "follower_status": follower.status,
                "update_time": to_second(follower.updated_ms),
            })
        };
        let followers: Vec<Value> = self.followers.iter().map(follower).collect();
        let mut detail = json!({
            "todo_id": self.id,
            "todo_status": self.status,
            "content": self.content,
            "follower_list": { "followers": followers },
            "creator_id": self.creator,
            "remind_type_list": self.reminds,
            "create_time": to_second(self.created_ms),
            "update_time": to_second(self.updated_ms),
        });
        if let Some(own) = self.followers.iter().find(|f| f.id == viewer)
            && let Some(detail) = detail.as_object_mut()
        {
            detail.insert("user_status".to_owned(), json!(own.status));
        }
        self.add_times(&mut detail);
        detail
    }

    fn add_times(&self, entry: &mut Value) {
        let times = [("end_time", self.end_ms), ("remind_time", self.remind_ms)];
        if let Some(entry) = entry.as_object_mut() {
            for (name, ms) in times {
                if let Some(ms) = ms {
                    entry.insert(name.to_owned(), json!(to_second(ms)));
                }
            }
        }
    }
}

/// A range of time, both ends included.
#[derive(Debug, Clone, Copy)]
struct Range {
    begin_ms: i64,
    end_ms: i64,
}

impl Range {
    fn holds(self, ms: i64) -> bool {
        (self.begin_ms..=self.end_ms).contains(&ms)
    }
}

/// The range of a filter; an end that was not given is as far away as allowed.
fn range(
    begin: Option<&str>,
    end: Option<&str>,
    visit: Visit<'_>,
) -> Result<Option<Range>, Refused> {
    if begin.is_none() && end.is_none() {
        return Ok(None);
    }
    let read = |text: &str| {
        let ms = second(text)?;
        wall::within_thirty_days(ms, visit.now_ms).map(|()| ms)
    };
    let begin_ms = begin.map(read).transpose()?.unwrap_or(i64::MIN);
    let end_ms = end.map(read).transpose()?.unwrap_or(i64::MAX);
    if end_ms < begin_ms {
        return Err(Refused::argument("the range ends before it begins"));
    }
    Ok(Some(Range { begin_ms, end_ms }))
}

fn search(visit: Visit<'_>, office: &Office, asked: &Search) -> Answered {
    let wanted = asked.keyword.trim().to_lowercase();
    let found: Vec<Value> = office
        .people
        .visible_to(visit.member)
        .filter(|member| {
            member.name.to_lowercase().contains(&wanted)
                || member.alias().to_lowercase().contains(&wanted)
        })
        .map(|member| {
            let mut user =
                json!({ "userid": member.id, "name": member.name, "alias": member.alias() });
            if let (Some(user), Some(department)) =
                (user.as_object_mut(), &member.traits.department)
            {
                user.insert("department".to_owned(), json!(department));
            }
            user
        })
        .collect();
    if found.is_empty() {
        let text = "user not found or not in the to-do scope of this bot";
        return Err(Refused::new(NOBODY_FOUND, text));
    }
    Ok(answer([("user_list", json!(found))]))
}

/// The participants of a list, each once.
fn followers(office: &Office, list: FollowerList, now_ms: i64) -> Result<Vec<Follower>, Refused> {
    let mut followers: Vec<Follower> = Vec::new();
    for asked in list.followers {
        let member = office
            .people
            .find(&asked.follower_id)
            .filter(|member| member.traits.todo_reachable != Some(false))
            .ok_or_else(|| {
                let text = "some followers are unreachable for this bot";
                Refused::new(UNREACHABLE, text)
            })?;
        if followers.iter().all(|known| known.id != member.id) {
            followers.push(Follower {
                id: member.id.clone(),
                status: asked.follower_status,
                updated_ms: now_ms,
            });
        }
    }
    Ok(followers)
}

/// What somebody who takes no part may not know from what does not exist.
fn no_todo() -> Refused {
    Refused::argument("invalid todo_id")
}

fn accepted() -> u8 {
    1
}

const IN_PROGRESS: u8 = 1;
const DELETED: u8 = 2;
/// Entries of a page when the caller names no number.
const PAGE: usize = 10;
const UNREACHABLE: i64 = 860_042;
const NOBODY_FOUND: i64 = 860_046;
