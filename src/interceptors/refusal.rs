//! A business answer with an error, told as a [`ToolError`].

use std::net::IpAddr;

use serde_json::{Map, Value};
use url::Url;

use super::codes::{self, Meaning};
use super::{BusinessHead, ErrorKind, Help, ToolError};

/// Where WeCom's own guidance lies.
const HELP_HOSTS: [&str; 2] = ["weixin.qq.com", "qq.com"];

/// Words that an authorisation card's sender leaves in the answer.
const AUTH_CARD: [&str; 3] = ["sent", "already_sent", "failed"];

const CARD_SENT: &str = "Do not repeat the call. A card to grant access went to the member directly: say just that, and \
     ask them to try again afterwards.";

/// The error that a business answer stands for. `reads` says that the call changes nothing.
///
/// The server's answer is kept beside it, without the caller's address and the links that
/// WeCom puts into its texts.
pub fn business_error(
    head: &BusinessHead,
    business: Option<&Map<String, Value>>,
    reads: bool,
) -> ToolError {
    let said = plain(&head.errmsg);
    let help = help(&head.help_message);
    let mut error = match meaning(head, help.is_some()) {
        Some(meaning) => {
            let message = match said.as_str() {
                "" => format!("{}.", meaning.message),
                said => format!("{} (WeCom says: {said}).", meaning.message),
            };
            let mut error = ToolError::new(meaning.kind, message);
            error.next = Some(meaning.next.to_owned());
            error.retryable = meaning.is_retryable(head.errcode, reads);
            error
        }
        None => ToolError::new(
            ErrorKind::Business,
            match said.as_str() {
                "" => format!("WeCom refused the call with code {}.", head.errcode),
                said => format!("WeCom refused the call: {said} (code {}).", head.errcode),
            },
        )
        .next("Tell the user in one plain sentence; do not invent a cause."),
    };
    error.errcode = Some(head.errcode);
    error.help = help;
    error.details.data = business.map(|business| shown(business, &said));
    if let Some(card) = business.and_then(|business| business.get("auth_card")) {
        error.details.auth_card = AUTH_CARD.into_iter().find(|known| card == known);
    }
    if matches!(error.details.auth_card, Some("sent" | "already_sent")) {
        error.next = Some(CARD_SENT.to_owned());
    }
    error
}

fn meaning(head: &BusinessHead, has_help: bool) -> Option<Meaning> {
    if let Some(known) = codes::meaning(head.errcode) {
        return Some(known);
    }
    if head.errmsg.contains("unsupported mcp biz type") {
        return codes::meaning(846_609);
    }
    (has_help && codes::is_near_authorization(head.errcode)).then_some(Meaning {
        kind: ErrorKind::Authorization,
        message: "The bot lacks an authorisation",
        next: codes::ASK_FOR_GRANT,
    })
}

/// The answer as an agent may see it.
fn shown(business: &Map<String, Value>, errmsg: &str) -> Map<String, Value> {
    let mut shown = business.clone();
    // Its link and text stand in `help`.
    shown.shift_remove("help_message");
    if let Some(Value::String(text)) = shown.get_mut("errmsg") {
        errmsg.clone_into(text);
    }
    shown
}

/// What WeCom says without what it adds for its own support: a hint token, the caller's
/// address and links.
pub fn plain(errmsg: &str) -> String {
    let lower = errmsg.to_ascii_lowercase();
    let end = [", hint:", "hint: [", ", from ip", ", more info at"]
        .iter()
        .filter_map(|mark| lower.find(mark))
        .min()
        .unwrap_or(errmsg.len());
    let said = errmsg.get(..end).unwrap_or(errmsg);
    let words: Vec<&str> = said
        .split_whitespace()
        .filter(|word| !word.contains("://") && !is_address(word))
        .collect();
    words.join(" ").trim_end_matches(['.', ',', ' ']).to_owned()
}

fn is_address(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_ascii_hexdigit() && c != ':');
    bare.parse::<IpAddr>().is_ok()
}

/// The first link to a page of WeCom's, and the rest of the text without any link.
fn help(message: &str) -> Option<Help> {
    let mut url = None;
    let mut text = String::new();
    let mut rest = message;
    while let Some(at) = rest.find("http") {
        let (before, from) = rest.split_at(at);
        let end = from
            .find(|c: char| !c.is_ascii_graphic() || "\"'<>`{}|\\^".contains(c))
            .unwrap_or(from.len());
        let (link, after) = from.split_at(end);
        let link = link.trim_end_matches(['.', ',', ';', ')', ']', '!']);
        text.push_str(before);
        if link.contains("://") {
            if url.is_none() && is_wecom_page(link) {
                url = Some(link.to_owned());
            }
        } else {
            text.push_str(link);
        }
        rest = after;
    }
    text.push_str(rest);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = (!text.is_empty()).then_some(text);
    (url.is_some() || text.is_some()).then_some(Help { url, text })
}

fn is_wecom_page(link: &str) -> bool {
    Url::parse(link).is_ok_and(|url| {
        url.scheme() == "https"
            && url.username().is_empty()
            && url.password().is_none()
            && url.host_str().is_some_and(|host| {
                HELP_HOSTS.iter().any(|known| {
                    host == *known
                        || host
                            .strip_suffix(known)
                            .is_some_and(|before| before.ends_with('.'))
                })
            })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(business: &Value, reads: bool) -> ToolError {
        let head: BusinessHead = serde_json::from_value(business.clone()).unwrap();
        business_error(&head, business.as_object(), reads)
    }

    #[test]
    fn support_data_is_left_out() {
        for (errmsg, said) in [
            (
                "no permission, hint: [1700000000123], from ip: 203.0.113.9, more info at \
                 https://open.work.weixin.qq.com/devtool/query?e=851003",
                "no permission",
            ),
            (
                "refused from 203.0.113.9 see https://example.com/?key=1 now",
                "refused from see now",
            ),
            ("address [2001:db8::1] refused.", "address refused"),
            ("ok", "ok"),
            ("时间无效", "时间无效"),
            ("", ""),
        ] {
            assert_eq!(plain(errmsg), said, "{errmsg}");
        }
    }

    #[test]
    fn a_known_code_says_what_to_do() {
        let error = error(
            &json!({
                "errcode": 851_013, "errmsg": "no authority, hint: [1]",
                "help_message": "请点击 https://work.weixin.qq.com/auth?x=1，完成授权",
            }),
            true,
        );
        assert_eq!(error.kind, ErrorKind::Authorization);
        assert_eq!(
            error.message,
            "The bot may not use documents for this member yet (WeCom says: no authority)."
        );
        assert_eq!(
            error.help,
            Some(Help {
                url: Some("https://work.weixin.qq.com/auth?x=1".to_owned()),
                text: Some("请点击 ，完成授权".to_owned()),
            })
        );
        assert_eq!(
            error.details.data.map(Value::Object),
            Some(json!({"errcode": 851_013, "errmsg": "no authority"}))
        );
    }

    #[test]
    fn only_pages_of_wecom_are_linked() {
        for (link, linked) in [
            ("https://work.weixin.qq.com/a", true),
            ("https://doc.qq.com/a", true),
            ("https://WORK.weixin.QQ.com/a", true),
            ("http://work.weixin.qq.com/a", false),
            ("https://evilqq.com/a", false),
            ("https://qq.com.evil.example/a", false),
            ("https://work.weixin.qq.com@evil.example/a", false),
            ("https://user@work.weixin.qq.com/a", false),
        ] {
            let help = help(&format!("open {link} now")).unwrap();
            assert_eq!(help.url.is_some(), linked, "{link}");
            assert_eq!(help.text.as_deref(), Some("open now"), "{link}");
        }
    }

    #[test]
    fn an_unknown_code_is_a_business_error_unless_it_asks_for_a_grant() {
        for (business, kind) in [
            (
                json!({"errcode": 12_345, "errmsg": "odd"}),
                ErrorKind::Business,
            ),
            (
                json!({"errcode": 851_999, "errmsg": "odd"}),
                ErrorKind::Business,
            ),
            (
                json!({"errcode": 851_999, "help_message": "https://work.weixin.qq.com/a"}),
                ErrorKind::Authorization,
            ),
            (
                json!({"errcode": 12_345, "help_message": "https://work.weixin.qq.com/a"}),
                ErrorKind::Business,
            ),
            (
                json!({"errcode": 7, "errmsg": "unsupported mcp biz type: x"}),
                ErrorKind::CategoryUnavailable,
            ),
        ] {
            assert_eq!(error(&business, true).kind, kind, "{business}");
        }
    }

    #[test]
    fn a_busy_server_may_be_asked_again_what_changes_nothing() {
        let business = json!({"errcode": "-1", "errmsg": "system busy"});
        assert!(error(&business, true).retryable);
        assert!(!error(&business, false).retryable);
    }

    #[test]
    fn a_card_that_was_sent_is_told() {
        let business = json!({"errcode": 851_013, "auth_card": "sent"});
        assert_eq!(error(&business, true).details.auth_card, Some("sent"));
        let business = json!({"errcode": 851_013, "auth_card": "perhaps"});
        assert_eq!(error(&business, true).details.auth_card, None);
    }
}
