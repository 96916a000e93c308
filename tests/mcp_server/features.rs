//! Skills, resources, prompts.

use std::fmt::Write;

use base64::Engine;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::server::{NOBODY, READER, Server};

#[tokio::test]
async fn every_file_of_every_skill_is_what_its_manifest_says() {
    let server = Server::start().await;
    let listed = server.ask(NOBODY, "skills/list", json!({})).await;
    let skills = listed["result"]["skills"].as_array().unwrap();
    assert_eq!(skills.len(), 16);
    for skill in skills {
        let uri = &skill["uri"];
        let got = server.ask(NOBODY, "skills/get", json!({"uri": uri})).await;
        assert_eq!(got["result"]["skill"], *skill);
        for file in skill["resources"].as_array().unwrap() {
            let params = json!({"uri": file["uri"]});
            let read = server.ask(NOBODY, "resources/read", params).await;
            let contents = &read["result"]["contents"][0];
            let bytes = match contents["text"].as_str() {
                Some(text) => text.as_bytes().to_vec(),
                None => base64::engine::general_purpose::STANDARD
                    .decode(contents["blob"].as_str().unwrap())
                    .unwrap(),
            };
            let mut digest = String::from("sha256:");
            for byte in Sha256::digest(&bytes) {
                write!(digest, "{byte:02x}").unwrap();
            }
            assert_eq!(file["digest"], digest, "{}", file["uri"]);
            assert_eq!(file["size"], bytes.len());
            if file["uri"] == *uri {
                let text = contents["text"].as_str().unwrap();
                let yaml = text.split("---\n").nth(1).unwrap();
                let again: Value = yaml_serde::from_str(yaml).unwrap();
                assert_eq!(skill["frontmatter"], again);
            }
        }
    }
}

#[tokio::test]
async fn directories_list_their_children() {
    let server = Server::start().await;
    let names = async |uri: &str| -> Value {
        let answer = server
            .ask(NOBODY, "resources/directory/read", json!({"uri": uri}))
            .await;
        if let Some(code) = answer["error"]["code"].as_i64() {
            return code.into();
        }
        let children = answer["result"]["resources"].as_array().unwrap();
        children
            .iter()
            .map(|child| child["uri"].clone())
            .collect::<Vec<_>>()
            .into()
    };
    let root = "skill://wecom-edit-todo";
    assert_eq!(
        names(root).await,
        json!([format!("{root}/SKILL.md"), format!("{root}/references")])
    );
    assert_eq!(
        names(&format!("{root}/references")).await,
        json!([
            format!("{root}/references/fields.md"),
            format!("{root}/references/workflows.md")
        ])
    );
    for wrong in [
        "skill://nobody",
        "skill://wecom-edit-todo/SKILL.md",
        "file:///etc",
    ] {
        assert_eq!(names(wrong).await, -32602, "{wrong}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_an_error_with_its_address() {
    let server = Server::start().await;
    let session = server.session(NOBODY, "2025-06-18").await;
    for uri in [
        "skill://wecom-edit-todo/../wecom-msg/SKILL.md",
        "skill://nobody/SKILL.md",
        "wecom-media://default/00000000-0000-4000-8000-000000000000",
        "wecom://methods/todo/nothing",
        "test://nothing",
    ] {
        let modern = server
            .ask(NOBODY, "resources/read", json!({"uri": uri}))
            .await;
        assert_eq!(modern["error"]["code"], -32602, "{modern}");
        assert_eq!(modern["error"]["data"]["uri"], uri);
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": uri},
        });
        let legacy = server.in_session(NOBODY, &session).json(&body);
        let legacy = super::server::read(legacy).await.message();
        assert_eq!(legacy["error"]["code"], -32002, "{legacy}");
    }
}

#[tokio::test]
async fn the_state_of_accounts_is_the_credentials_own() {
    let server = Server::start().await;
    let params = json!({"uri": "wecom://status"});
    let read = server.ask(NOBODY, "resources/read", params).await;
    assert_eq!(read["result"]["ttlMs"], 0);
    assert_eq!(read["result"]["cacheScope"], "private");
    let text = read["result"]["contents"][0]["text"].as_str().unwrap();
    let status: Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        status["accounts"],
        json!([{"accountId": "default", "state": "connected"}])
    );
}

#[tokio::test]
async fn methods_are_described_as_far_as_the_credential_may_use_them() {
    let server = Server::start().await;
    let code = async |token: &str, uri: &str| {
        let read = server
            .ask(token, "resources/read", json!({"uri": uri}))
            .await;
        read["error"]["code"].as_i64()
    };
    let (reading, deleting) = (
        "wecom://methods/todo/get_todo_list",
        "wecom://methods/todo/delete_todo",
    );
    assert_eq!(code(NOBODY, deleting).await, None);
    assert_eq!(code(READER, reading).await, None);
    assert_eq!(code(READER, deleting).await, Some(-32602));
}

#[tokio::test]
async fn a_prompt_brings_its_skill_and_the_wish() {
    let server = Server::start().await;
    let listed = server.ask(NOBODY, "prompts/list", json!({})).await;
    assert_eq!(listed["result"]["prompts"].as_array().unwrap().len(), 16);
    let name = "wecom-edit-todo";
    for (arguments, said) in [
        (json!({"request": "buy milk"}), "buy milk"),
        (json!({}), "ask me"),
    ] {
        let params = json!({"name": name, "arguments": arguments});
        let got = server.ask(NOBODY, "prompts/get", params).await;
        let messages = &got["result"]["messages"];
        let resource = &messages[0]["content"]["resource"];
        assert_eq!(resource["uri"], "skill://wecom-edit-todo/SKILL.md");
        assert!(
            messages[1]["content"]["text"]
                .as_str()
                .unwrap()
                .contains(said)
        );
    }
    let unknown = server
        .ask(NOBODY, "prompts/get", json!({"name": "x"}))
        .await;
    assert_eq!(unknown["error"]["code"], -32602);
    let complete = json!({
        "ref": {"type": "ref/prompt", "name": "unknown"},
        "argument": {"name": "arg1", "value": ""},
    });
    let none = server.ask(NOBODY, "completion/complete", complete).await;
    assert_eq!(none["result"]["completion"]["values"], json!([]));
}
