//! What the category servers take from the world: people and chats.

use serde_json::Value;

use super::World;
use super::inject::draw;
use crate::ids::{BotId, MediaId, ReqId, UserId};
use crate::sim::chat::SimChat;
use crate::sim::company::{File, Heard, HeardContent, Line, Member, MemberTraits, People, Refused};
use crate::sim::entry::{Entry, EntryKind, Party};
use crate::sim::rules::Content;
use crate::sim::sim::SimError;

impl World {
    /// Everybody, as the category servers see them.
    pub(in crate::sim) fn people(&self) -> People {
        let mut people = People::default();
        for (id, name) in &self.users {
            people.add(Member {
                id: id.to_string(),
                name: name.clone(),
                traits: self.traits.get(id).cloned().unwrap_or_default(),
            });
        }
        people
    }

    /// Changes what is said of a member.
    pub(in crate::sim) fn set_traits(
        &mut self,
        user: &UserId,
        traits: MemberTraits,
    ) -> Result<(), SimError> {
        self.require_user(user)?;
        self.traits
            .entry(user.clone())
            .or_default()
            .take_over(traits);
        Ok(())
    }

    /// Whom the category servers act for when a request names nobody: the owner that was
    /// set, else the member that was there first.
    pub(in crate::sim) fn owner(&self, bot: &BotId) -> Option<UserId> {
        let set = self.bots.get(bot).and_then(|bot| bot.owner.clone());
        set.or_else(|| self.first_user.clone())
    }

    /// Sets a bot's owner.
    pub(in crate::sim) fn set_owner(&mut self, bot: &BotId, user: &UserId) -> Result<(), SimError> {
        self.require_user(user)?;
        self.bot_mut(bot)?.owner = Some(user.clone());
        Ok(())
    }

    /// A bot's display name.
    pub(in crate::sim) fn bot_name(&self, bot: &BotId) -> String {
        let bot = self.bots.get(bot);
        bot.map(|bot| bot.name.clone()).unwrap_or_default()
    }

    /// Id and name of the groups that a member is in.
    pub(in crate::sim) fn groups_of(&self, user: &UserId) -> Vec<(String, String)> {
        self.groups
            .iter()
            .filter(|(_, group)| group.members.contains(user))
            .map(|(id, group)| (id.to_string(), group.name.clone()))
            .collect()
    }

    /// What was said in a chat of a bot, oldest first.
    pub(in crate::sim) fn heard(&self, bot: &BotId, line: &Line) -> Vec<Heard> {
        let chat = chat(bot, line);
        self.conversations
            .entries(&chat)
            .filter_map(heard)
            .collect()
    }

    /// Lets a bot say something that nobody asked its socket for.
    pub(in crate::sim) fn say_as_bot(
        &mut self,
        bot: &BotId,
        line: &Line,
        text: &str,
        now_ms: i64,
    ) -> Result<(), Refused> {
        let no_chat = || Refused::new(super::super::rules::code::BAD_CHAT, "invalid chatid");
        let chat = chat(bot, line);
        let exists = match &chat {
            SimChat::Direct { user, .. } | SimChat::App { user, .. } => {
                self.users.contains_key(user)
            }
            SimChat::Group { group, .. } => self
                .groups
                .get(group)
                .is_some_and(|group| group.bots.contains(bot)),
        };
        if !exists {
            return Err(no_chat());
        }
        let req_id = ReqId::new(draw("mcp", now_ms));
        self.post(bot, chat, &req_id, Content::Text(text.to_owned()), now_ms)
            .map(|_| ())
            .map_err(|refusal| Refused::new(refusal.code, refusal.text))
    }

    /// Tells a member something in the service's name, in the chat with a bot.
    pub(in crate::sim) fn notify(&mut self, bot: &BotId, user: &str, text: &str, now_ms: i64) {
        let chat = SimChat::direct(bot.clone(), user);
        let mut entry = Entry::new(chat, now_ms, Party::system(), EntryKind::Event);
        entry.content = Some(text.to_owned());
        self.conversations.add(entry, 0, &mut self.feed);
    }

    /// A file that a bot uploaded, or a person sent.
    pub(in crate::sim) fn file(&self, bot: &BotId, id: &str) -> Option<File> {
        let media = self.media.get(&MediaId::from(id))?;
        let is_open = media.bot.as_ref().is_none_or(|owner| owner == bot);
        is_open.then(|| File {
            kind: media.kind.clone(),
            name: media.name.clone(),
            data: media.data.clone(),
        })
    }
}

fn chat(bot: &BotId, line: &Line) -> SimChat {
    match line {
        Line::Direct(user) => SimChat::direct(bot.clone(), user.as_str()),
        Line::Group(group) => SimChat::group(bot.clone(), group.as_str()),
    }
}

/// An entry as a message; what is no message, or not yet, is none.
fn heard(entry: &Entry) -> Option<Heard> {
    let text = || (!entry.thinking).then(|| HeardContent::Text(entry.text().to_owned()));
    let media = |kind: &str| HeardContent::Media {
        kind: kind.to_owned(),
        // Of what came with an address of somebody else there is no copy here.
        id: entry.media.as_ref().map_or_else(
            || format!("entry-{}", entry.id),
            |media| media.id.to_string(),
        ),
        name: entry.media.as_ref().map(|media| media.name.clone()),
        transcript: entry.content.clone().filter(|_| kind == "voice"),
    };
    let content = match entry.kind {
        EntryKind::Event => return None,
        EntryKind::Text | EntryKind::Stream | EntryKind::Markdown | EntryKind::Welcome => text()?,
        EntryKind::TemplateCard | EntryKind::TextCard | EntryKind::Location | EntryKind::Link => {
            HeardContent::Text(entry.preview())
        }
        EntryKind::Mixed => HeardContent::Text(mixed_text(entry.mixed.as_ref()?)),
        EntryKind::Image => media("image"),
        EntryKind::Voice => media("voice"),
        EntryKind::File => media("file"),
        EntryKind::Video => media("video"),
    };
    Some(Heard {
        from: entry.from.id.clone(),
        at_ms: entry.at,
        content,
    })
}

/// The texts of a message of texts and pictures.
fn mixed_text(mixed: &Value) -> String {
    let parts = mixed.get("msg_item").and_then(Value::as_array);
    let texts = parts
        .into_iter()
        .flatten()
        .filter_map(|part| part.pointer("/text/content")?.as_str());
    texts.collect::<Vec<_>>().join("\n")
}
