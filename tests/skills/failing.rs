//! Each rule on a text that breaks it.

use crate::markdown::Page;
use crate::rules::{self, Finding};

#[track_caller]
fn finds(rule: impl Fn(&Page) -> Vec<Finding>, text: &str, expected: &[&str]) {
    let found: Vec<String> = rule(&Page::new("x", "SKILL.md", text))
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(found.len(), expected.len(), "{text}\n{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found}\nlacks {expected}");
    }
}

#[test]
fn a_call_that_would_be_refused_is_found() {
    for (call, finding) in [
        (
            "wecom_mcp call todo get_todo '{}'",
            "x/SKILL.md:2: there is no method todo.get_todo",
        ),
        (
            "wecom_mcp call doc get_todo_detail '{}'",
            "no method doc.get_todo_detail",
        ),
        ("wecom_mcp call todo get_todo_detail {}", "not of the form"),
        ("wecom_mcp call todo get_todo_detail", "not of the form"),
        (
            "  wecom_mcp call todo get_todo_list '{}'",
            "not of the form",
        ),
        (
            "wecom_mcp call todo get_todo_list '{\"limit\": }'",
            "expected value",
        ),
        (
            "wecom_mcp call todo get_todo_detail '{}'",
            "todo.get_todo_detail:  \"todo_id_list\" is a required",
        ),
        (
            "wecom_mcp call todo get_todo_detail '{\"todo_id_list\": []}'",
            "/todo_id_list",
        ),
        (
            "wecom_mcp call todo get_todo_list '{\"follower_id\": \"@me\", \"limitt\": 3}'",
            "limitt",
        ),
        ("wecom_mcp list todos", "no category todos"),
    ] {
        finds(rules::calls, &format!("```text\n{call}\n```\n"), &[finding]);
        if !call.starts_with(' ') {
            finds(rules::calls, &format!("# x\nso: `{call}`.\n"), &[finding]);
        }
    }
    let good = "```text\nwecom_mcp call todo get_todo_detail '{\"todo_id_list\": [\"T\"]}'\nwecom_mcp list todo\n```\n`wecom_mcp list`";
    finds(rules::calls, good, &[]);
}

#[test]
fn an_answer_that_cannot_be_given_is_found() {
    let answer = |name: &str, json: &str| format!("Answer (`{name}`):\n\n```json\n{json}\n```\n");
    finds(
        rules::answers,
        &answer("todo.delete_todo", "{\"errcode\": 0, \"errmsg\": \"ok\"}"),
        &[],
    );
    finds(
        rules::answers,
        &answer("todo.delete_todo", "{\"errcode\": \"x\"}"),
        &["/errcode"],
    );
    finds(rules::answers, &answer("todo.delete_todo", "{"), &["EOF"]);
    finds(
        rules::answers,
        &answer("todo.forget", "{}"),
        &["no method todo.forget"],
    );
    finds(
        rules::answers,
        "Answer (`todo.delete_todo`):\n\nNone.\n",
        &["no block follows"],
    );
}

#[test]
fn json_that_is_none_is_found() {
    finds(
        rules::json_blocks,
        "```json\n{\"a\": 1,}\n```\n",
        &["x/SKILL.md:2: trailing comma"],
    );
    finds(
        rules::json_blocks,
        "```text\n{\n```\n```json\n[]\n```\n",
        &[],
    );
}

#[test]
fn names_that_do_not_exist_are_found() {
    for (text, finding) in [
        ("`get_everything`", "`get_everything`"),
        ("`todo.get_everything`", "`todo.get_everything`"),
        ("`smartsheet_sort_records`", "`smartsheet_sort_records`"),
    ] {
        finds(rules::method_names, text, &[finding]);
    }
    finds(
        rules::method_names,
        "`get_todo_list`, `todo.get_todo_list`, `todo_id_list`, `doc.weixin.qq.com`",
        &[],
    );
    for (text, finding) in [
        ("see wecom-message", "no skill wecom-message"),
        ("`wecom paint`", "no command wecom paint"),
        ("`wecom channels paint`", "no command wecom channels paint"),
        ("```sh\nwecom paint\n```\n", "no command"),
        ("`wecom_do`", "no tool wecom_do"),
    ] {
        finds(rules::other_names, text, &[finding]);
    }
    finds(
        rules::other_names,
        "wecom-msg; `wecom channels status --json`, `wecom`, `wecom__wecom_mcp`, `wecom_skill`",
        &[],
    );
}

#[test]
fn acting_without_consent_is_found() {
    let text = |words: &str| {
        format!(
            "# One\nAsk.\n## Two\n{words}\n```text\nwecom_mcp call todo delete_todo '{{\"todo_id\": \"T\"}}'\n```\n## Three\nAsk.\n"
        )
    };
    finds(
        rules::consent,
        &text("Delete it. Basking is no asking word here, tasks neither."),
        &[],
    );
    finds(
        rules::consent,
        &text("Delete it; mask tasks."),
        &["delete_todo without asking (always)"],
    );
    finds(rules::consent, &text("**Ask first**."), &[]);
}

#[test]
fn ids_in_samples_for_people_are_found() {
    for quote in [
        "> 待办 TODO_ID_1 已完成",
        "> {\"errcode\": 0}",
        "> 已发给 @me",
    ] {
        finds(rules::shown_samples, quote, &["shown: >"]);
    }
    finds(
        rules::shown_samples,
        "TODO_ID_1\n> 会议号 584-120-937，A/B，wecom_mcp",
        &[],
    );
}

#[test]
fn a_second_sending_is_found() {
    let send = "wecom_mcp call msg send_message '{\"chat_type\": 1, \"chatid\": \"U\", \"msgtype\": \"text\", \"text\": {\"content\": \"x\"}}'";
    finds(
        rules::repetitions,
        &format!("```text\n{send}\n{send}\n```\n"),
        &["twice"],
    );
    finds(
        rules::repetitions,
        &format!("```text\n{send}\n```\n```text\n{send}\n```\n"),
        &[],
    );
    finds(
        rules::repetitions,
        "```text\nwecom_mcp list todo\nwecom_mcp list todo\n```\n",
        &[],
    );
}

#[test]
fn a_rule_of_its_own_wording_is_found() {
    let source = Page::new("", "README.md", "- **A.** One.\n- **B.** Two.\n");
    let rule = |page: &Page| rules::shared_rules(page, &source);
    finds(
        rule,
        "## Shared rules\n\n- **A.** One.\n- **B.** Two.\n",
        &[],
    );
    finds(
        rule,
        "## Shared rules\n\n- **A.** 1.\n",
        &["x/SKILL.md:3: not in the README"],
    );
    finds(
        rule,
        "## Shared rules\n\n- **B.** Two.\n- **A.** One.\n",
        &["- **A.** One."],
    );
    finds(rule, "# x\n", &["there are no shared rules"]);
}
