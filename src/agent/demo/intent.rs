//! What a person wants of the demo agent, read from a few words.

use std::time::Duration;

/// Longest time ahead of a reminder.
const MAX_AHEAD: Duration = Duration::from_hours(24 * 30);

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Intent {
    /// To know what there is.
    Help,
    /// The open to-dos.
    Todos,
    /// A new to-do.
    NewTodo(String),
    /// A picture.
    Picture,
    /// A card that asks something.
    Approval,
    /// A message later.
    Reminder {
        /// How much later.
        ahead: Duration,
        /// What it says.
        what: String,
    },
    /// A button was pressed.
    Pressed {
        /// The button's key.
        key: String,
        /// What is on it.
        label: Option<String>,
    },
    /// A card to be shown as it was written.
    Card,
    /// To be heard.
    Echo,
}

/// Keys of the help card's buttons; cards of such buttons stay usable.
pub(super) mod keys {
    pub(in crate::agent::demo) const TODOS: &str = "menu:todos";
    pub(in crate::agent::demo) const PICTURE: &str = "menu:picture";
    pub(in crate::agent::demo) const APPROVAL: &str = "menu:approval";
    pub(in crate::agent::demo) const REMINDER: &str = "menu:reminder";
}

/// Words that mean the same, in lower case.
const HELP: [&str; 12] = [
    "你好",
    "您好",
    "嗨",
    "帮助",
    "菜单",
    "你会什么",
    "hi",
    "hello",
    "help",
    "menu",
    "?",
    "？",
];
const TODOS: [&str; 6] = ["待办", "我的待办", "查看待办", "todo", "todos", "my todos"];
const PICTURE: [&str; 6] = ["图片", "图", "来张图", "发张图片", "picture", "image"];
const APPROVAL: [&str; 6] = ["审批", "卡片", "请假", "card", "approval", "按钮"];
const NEW_TODO: [&str; 5] = ["记待办", "新待办", "添加待办", "new todo", "add todo"];

impl Intent {
    /// Of what was written. Anything can be written: what is not understood is an echo.
    pub(super) fn of(text: &str) -> Self {
        if let Some(pressed) = pressed(text) {
            return pressed;
        }
        let said = text.trim();
        if said.starts_with('{') && said.contains("card_type") {
            return Self::Card;
        }
        let folded = said
            .trim_end_matches(['。', '！', '!', '.', '～', '~'])
            .to_lowercase();
        let is_one_of = |words: &[&str]| words.contains(&folded.as_str());
        if is_one_of(&HELP) {
            Self::Help
        } else if is_one_of(&TODOS) {
            Self::Todos
        } else if is_one_of(&PICTURE) {
            Self::Picture
        } else if is_one_of(&APPROVAL) {
            Self::Approval
        } else if let Some(what) = NEW_TODO.iter().find_map(|word| after(said, word)) {
            Self::NewTodo(what)
        } else {
            reminder(said).unwrap_or(Self::Echo)
        }
    }
}

/// What follows a word at the beginning, without a colon between.
fn after(said: &str, word: &str) -> Option<String> {
    let beginning = said.get(..word.len())?;
    if !beginning.eq_ignore_ascii_case(word) {
        return None;
    }
    let rest = said.get(word.len()..)?;
    let rest = rest.trim_start_matches([':', '：', ' ', '，', ',']).trim();
    (!rest.is_empty()).then(|| rest.to_owned())
}

/// A click on a card, in the lines that the runtime makes of it.
fn pressed(text: &str) -> Option<Intent> {
    let line = |name: &str| {
        let mut lines = text.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    if line("event_type")? != "template_card_event" {
        return None;
    }
    Some(Intent::Pressed {
        key: line("event_key")?.to_owned(),
        label: line("button_text").map(str::to_owned),
    })
}

/// "一分钟后提醒我喝水", "remind me in 20 minutes to call Li".
fn reminder(said: &str) -> Option<Intent> {
    let (time, what) = match said.split_once("后提醒我") {
        Some(parts) => parts,
        None => english(said)?,
    };
    let ahead = ahead(time.trim())?;
    let what = what.trim_matches([' ', '，', ',', '：', ':', '。']);
    Some(Intent::Reminder {
        ahead,
        what: what.to_owned(),
    })
}

fn english(said: &str) -> Option<(&str, &str)> {
    let beginning = "remind me in ";
    let rest = said.get(beginning.len()..)?;
    if !said.get(..beginning.len())?.eq_ignore_ascii_case(beginning) {
        return None;
    }
    Some(rest.split_once(" to ").unwrap_or((rest, "")))
}

/// "10 分钟", "半小时", "one minute".
fn ahead(time: &str) -> Option<Duration> {
    const UNITS: [(&str, u64); 12] = [
        ("个小时", 3_600),
        ("小时", 3_600),
        ("分钟", 60),
        ("秒钟", 1),
        ("秒", 1),
        ("天", 86_400),
        ("hours", 3_600),
        ("hour", 3_600),
        ("minutes", 60),
        ("minute", 60),
        ("seconds", 1),
        ("second", 1),
    ];
    let time = time.to_lowercase();
    let (number, unit) = UNITS
        .iter()
        .find_map(|(unit, seconds)| Some((time.strip_suffix(unit)?.trim(), *seconds)))?;
    let seconds = match number {
        "半" | "half an" => unit / 2,
        number => count(number)?.checked_mul(unit)?,
    };
    let ahead = Duration::from_secs(seconds);
    (!ahead.is_zero() && ahead <= MAX_AHEAD).then_some(ahead)
}

fn count(number: &str) -> Option<u64> {
    const WORDS: [(&str, u64); 13] = [
        ("一", 1),
        ("两", 2),
        ("二", 2),
        ("三", 3),
        ("五", 5),
        ("十", 10),
        ("一个", 1),
        ("两个", 2),
        ("one", 1),
        ("a", 1),
        ("two", 2),
        ("five", 5),
        ("ten", 10),
    ];
    let word = WORDS.iter().find(|(word, _)| *word == number);
    word.map(|(_, count)| *count)
        .or_else(|| number.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reminder(seconds: u64, what: &str) -> Intent {
        Intent::Reminder {
            ahead: Duration::from_secs(seconds),
            what: what.to_owned(),
        }
    }

    #[test]
    fn a_few_words_are_understood_and_the_rest_is_an_echo() {
        for (text, intent) in [
            ("你好！", Intent::Help),
            ("HELP", Intent::Help),
            ("？", Intent::Help),
            (" 我的待办 ", Intent::Todos),
            ("来张图。", Intent::Picture),
            ("审批", Intent::Approval),
            ("记待办：买票", Intent::NewTodo("买票".to_owned())),
            (
                "Add todo buy tickets",
                Intent::NewTodo("buy tickets".to_owned()),
            ),
            ("记待办：", Intent::Echo),
            ("一分钟后提醒我喝水", reminder(60, "喝水")),
            ("10 秒后提醒我：开会。", reminder(10, "开会")),
            ("半小时后提醒我休息", reminder(1_800, "休息")),
            ("两个小时后提醒我下班", reminder(7_200, "下班")),
            (
                "remind me in one minute to call Li",
                reminder(60, "call Li"),
            ),
            ("Remind me in 20 minutes", reminder(1_200, "")),
            ("0 秒后提醒我", Intent::Echo),
            ("999 天后提醒我", Intent::Echo),
            ("18446744073709551615 天后提醒我", Intent::Echo),
            ("明年后提醒我", Intent::Echo),
            (r#"{"card_type":"text_notice"}"#, Intent::Card),
            ("{}", Intent::Echo),
            ("今天天气怎么样？", Intent::Echo),
            ("", Intent::Echo),
            ("记", Intent::Echo),
        ] {
            assert_eq!(Intent::of(text), intent, "{text:?}");
        }
    }

    #[test]
    fn a_click_is_read_from_its_lines() {
        let text =
            "[卡片点击]\nevent_type: template_card_event\nevent_key: approve\nbutton_text: 同意";
        assert_eq!(
            Intent::of(text),
            Intent::Pressed {
                key: "approve".to_owned(),
                label: Some("同意".to_owned()),
            }
        );
        let unknown = "event_type: template_card_event\nevent_key: k";
        assert_eq!(
            Intent::of(unknown),
            Intent::Pressed {
                key: "k".to_owned(),
                label: None,
            }
        );
    }
}
