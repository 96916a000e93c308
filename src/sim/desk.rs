//! Where the company behind the category servers meets the simulator's chats.

use serde_json::{Map, Value};

use super::company::{Answered, Chats, File, Heard, Line, Office, Refused, Saying, Visit};
use super::shared::Shared;
use crate::ids::{BotId, UserId};

impl Shared {
    /// Does what a method of a category says, for a member. Nobody, or somebody unknown,
    /// gets 60111.
    pub(super) fn call_company(
        &self,
        bot: &BotId,
        member: Option<&str>,
        category: &str,
        method: &str,
        args: &Map<String, Value>,
    ) -> Answered {
        let now_ms = self.now();
        let mut office = Office {
            people: self.world().people(),
            notices: Vec::new(),
        };
        let member = office.people.require(member.unwrap_or_default())?;
        let visit = Visit {
            member: &member,
            now_ms,
        };
        let mut chats = BotChats { shared: self, bot };
        let answered =
            self.company()
                .call(visit, &mut office, &mut chats, category, method, args)?;
        let mut world = self.world();
        for notice in office.notices {
            world.notify(bot, &notice.to, &notice.text, now_ms);
        }
        Ok(answered)
    }

    /// Lets a member say something without any bot.
    pub(super) fn say(&self, saying: Saying) -> Result<(), Refused> {
        let now_ms = self.now();
        let people = self.world().people();
        // No bot hears it: the groups are the same for all of them.
        let nobody = BotId::new("");
        let chats = BotChats {
            shared: self,
            bot: &nobody,
        };
        self.company().say(&people, &chats, saying, now_ms)
    }
}

/// The simulator's chats of one bot. The world is taken for each look of its own.
struct BotChats<'a> {
    shared: &'a Shared,
    bot: &'a BotId,
}

impl Chats for BotChats<'_> {
    fn bot_name(&self) -> String {
        self.shared.world().bot_name(self.bot)
    }

    fn groups_of(&self, member: &str) -> Vec<(String, String)> {
        self.shared.world().groups_of(&UserId::from(member))
    }

    fn heard(&self, line: &Line) -> Vec<Heard> {
        self.shared.world().heard(self.bot, line)
    }

    fn send(&mut self, line: &Line, text: &str, now_ms: i64) -> Result<(), Refused> {
        let mut world = self.shared.world();
        world.say_as_bot(self.bot, line, text, now_ms)
    }

    fn file(&self, id: &str) -> Option<File> {
        self.shared.world().file(self.bot, id)
    }
}
