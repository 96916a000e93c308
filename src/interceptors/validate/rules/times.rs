//! Times of day in China, in the order and the windows that the servers take.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Span, Timestamp, ToSpan};
use serde_json::Value;

use super::Rules;
use crate::interceptors::validate::members;

/// What every schema's pattern of a time begins with.
const PATTERN_OF_TIMES: &str = "^[0-9]{4}-";

/// Hours that China's time is ahead of UTC, all year.
const CHINA: i8 = 8;

/// How far the machine's clock may be off.
const SKEW_S: i64 = 60;

/// How far back messages can be read.
const MESSAGES_S: i64 = 7 * 24 * 60 * 60;

/// How far meetings, events and to-dos can be looked up, before and after today.
const RANGE_DAYS: i64 = 30;

/// How soon a start is taken for one in the past.
const SOON_S: i64 = 60;

/// A begin and its end.
struct Pair {
    methods: &'static [&'static str],
    begin: &'static str,
    end: &'static str,
    /// Whether the two may be the same time.
    may_be_equal: bool,
    window: Window,
}

enum Window {
    /// Any time.
    Open,
    /// The last seven days.
    Week,
    /// Thirty days before to thirty days after today.
    Months,
}

const PAIRS: [Pair; 7] = [
    Pair {
        methods: &["get_msg_chat_list", "get_message"],
        begin: "/begin_time",
        end: "/end_time",
        may_be_equal: true,
        window: Window::Week,
    },
    Pair {
        methods: &["list_user_meetings"],
        begin: "/begin_datetime",
        end: "/end_datetime",
        may_be_equal: true,
        window: Window::Months,
    },
    Pair {
        methods: &["get_schedule_list_by_range"],
        begin: "/start_time",
        end: "/end_time",
        may_be_equal: true,
        window: Window::Months,
    },
    Pair {
        methods: &["get_todo_list"],
        begin: "/create_begin_time",
        end: "/create_end_time",
        may_be_equal: true,
        window: Window::Months,
    },
    Pair {
        methods: &["get_todo_list"],
        begin: "/remind_begin_time",
        end: "/remind_end_time",
        may_be_equal: true,
        window: Window::Months,
    },
    Pair {
        methods: &["get_todo_list"],
        begin: "/deadline_begin_time",
        end: "/deadline_end_time",
        may_be_equal: true,
        window: Window::Months,
    },
    Pair {
        methods: &["check_availability"],
        begin: "/start_time",
        end: "/end_time",
        may_be_equal: true,
        window: Window::Open,
    },
];

const EVENT: Pair = Pair {
    methods: &["create_schedule", "update_schedule"],
    begin: "/schedule/start_time",
    end: "/schedule/end_time",
    may_be_equal: false,
    window: Window::Open,
};

pub(super) fn check(method: &str, schema: &Value, now_ms: i64, rules: &mut Rules<'_>) {
    exist(schema, rules);
    for pair in PAIRS.iter().chain([&EVENT]) {
        if pair.methods.contains(&method) {
            in_order(pair, rules);
            in_window(pair, now_ms, rules);
        }
    }
    whole_day(rules);
    let start = match method {
        "create_meeting" => "/meeting_start_datetime",
        "create_schedule" => "/schedule/start_time",
        _ => return,
    };
    if let Some(at) = rules.text(start).and_then(|text| read(text, Part::Begin))
        && at.as_second() < now_ms / 1_000 + SOON_S
    {
        (rules.warn)(format!(
            "{start}: the start is not in the future (now it is {} in China).",
            shown(now_ms)
        ));
    }
}

/// Every time that has the right form is a time that there is.
fn exist(schema: &Value, rules: &mut Rules<'_>) {
    let args = Value::Object(rules.args.clone());
    let mut wrong = Vec::new();
    times_in(schema, &args, "", &mut |path, text| {
        if read(text, Part::Begin).is_none() {
            wrong.push(path.to_owned());
        }
    });
    for path in wrong {
        rules.refuse(path, "no_such_time", "there is no such day");
    }
}

/// Calls `each` with every text that the schema says is a time and that has its form.
fn times_in(schema: &Value, value: &Value, path: &str, each: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::String(text) => {
            let pattern = schema.get("pattern").and_then(Value::as_str);
            let is_time = pattern.is_some_and(|pattern| pattern.starts_with(PATTERN_OF_TIMES));
            if is_time && has_form(text) {
                each(path, text);
            }
        }
        Value::Object(inner) => {
            for (name, value) in inner {
                let member = schema.get("properties").and_then(|known| known.get(name));
                if let Some(member) = member {
                    times_in(member, value, &members::pointer(path, name), each);
                }
            }
        }
        _ => {}
    }
}

/// Whether the digits stand where a time has them. The schema says the rest.
fn has_form(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    ["0000-00-00", "0000-00-00 00:00", "0000-00-00 00:00:00"].contains(&shape.as_str())
}

fn in_order(pair: &Pair, rules: &mut Rules<'_>) {
    let begin = rules
        .text(pair.begin)
        .and_then(|text| read(text, Part::Begin));
    let end = rules.text(pair.end).and_then(|text| read(text, Part::End));
    let (Some(begin), Some(end)) = (begin, end) else {
        return;
    };
    if end < begin || (end == begin && !pair.may_be_equal) {
        rules.refuse(pair.end, "end_before_begin", "must be after the begin");
    }
}

fn in_window(pair: &Pair, now_ms: i64, rules: &mut Rules<'_>) {
    let now = now_ms / 1_000;
    let (first, last, what) = match pair.window {
        Window::Open => return,
        Window::Week => (
            now - MESSAGES_S - SKEW_S,
            now + SKEW_S,
            "only the last 7 days can be read, up to now",
        ),
        Window::Months => {
            let Some((first, last)) = around_today(now_ms) else {
                return;
            };
            (
                first,
                last,
                "only 30 days before to 30 days after today can be asked for",
            )
        }
    };
    for (pointer, part) in [(pair.begin, Part::Begin), (pair.end, Part::End)] {
        if let Some(at) = rules.text(pointer).and_then(|text| read(text, part))
            && !(first..=last).contains(&at.as_second())
        {
            let hint = format!(
                "{what} (now it is {} in China); cut the range and say so",
                shown(now_ms)
            );
            rules.refuse(pointer, "out_of_window", hint);
        }
    }
}

/// An event of a whole day begins and ends with it.
fn whole_day(rules: &mut Rules<'_>) {
    if rules.at("/schedule/is_whole_day").and_then(Value::as_i64) != Some(1) {
        return;
    }
    for (pointer, time) in [(EVENT.begin, " 00:00:00"), (EVENT.end, " 23:59:59")] {
        let Some(text) = rules.text(pointer) else {
            continue;
        };
        if has_form(text) && text.contains(' ') && !text.ends_with(time) {
            let hint = format!("a whole-day event has{time} here");
            rules.refuse(pointer, "whole_day", hint);
        }
    }
}

/// The first and the last second of the days that can be asked for.
fn around_today(now_ms: i64) -> Option<(i64, i64)> {
    let days: Span = RANGE_DAYS.days();
    let today = china(now_ms)?.date();
    let first = today.checked_sub(days).ok()?.at(0, 0, 0, 0);
    let last = today.checked_add(days).ok()?.at(23, 59, 59, 0);
    Some((timestamp(first)?.as_second(), timestamp(last)?.as_second()))
}

/// Which second of a day is meant where a time is missing.
#[derive(Clone, Copy)]
enum Part {
    /// Its first.
    Begin,
    /// Its last.
    End,
}

/// `YYYY-MM-DD`, with ` HH:mm` or ` HH:mm:ss` or without, as a time in China; nothing for
/// another form or a day that there is not.
fn read(text: &str, part: Part) -> Option<Timestamp> {
    if !has_form(text) {
        return None;
    }
    if text.contains(' ') {
        return timestamp(text.parse::<DateTime>().ok()?);
    }
    let day = text.parse::<Date>().ok()?;
    timestamp(match part {
        Part::Begin => day.at(0, 0, 0, 0),
        Part::End => day.at(23, 59, 59, 0),
    })
}

fn timestamp(at: DateTime) -> Option<Timestamp> {
    Offset::constant(CHINA).to_timestamp(at).ok()
}

fn china(now_ms: i64) -> Option<DateTime> {
    let now = Timestamp::from_millisecond(now_ms).ok()?;
    Some(Offset::constant(CHINA).to_datetime(now))
}

fn shown(now_ms: i64) -> String {
    china(now_ms).map_or_else(String::new, |now| {
        now.strftime("%Y-%m-%d %H:%M").to_string()
    })
}
