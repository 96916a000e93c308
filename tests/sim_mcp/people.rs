//! The category `contact`, and for whom a call acts.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wecom::sim::MemberTraits;

use super::server::Server;
use super::{demo, server, start};

fn ids(answer: &Value) -> Vec<&str> {
    let users = answer["userlist"].as_array().unwrap();
    users
        .iter()
        .filter_map(|user| user["userid"].as_str())
        .collect()
}

#[tokio::test]
async fn everybody_is_listed_with_name_and_alias() {
    let sim = start().await;
    let answer = server(&sim, "contact", "LiNa")
        .ok("get_userlist", json!({}))
        .await;
    let expected = json!([
        { "userid": "LiNa", "name": "李娜", "alias": "Lina" },
        { "userid": "liuyang", "name": "刘洋", "alias": "" },
        { "userid": "wangfang", "name": "王芳", "alias": "Fang" },
        { "userid": "zhangwei", "name": "张伟", "alias": "David" },
    ]);
    assert_eq!(answer["userlist"], expected);
}

#[tokio::test]
async fn who_asks_decides_who_is_seen() {
    let sim = start().await;
    let traits = MemberTraits {
        sees: Some(BTreeSet::from(["zhangwei".to_owned()])),
        ..MemberTraits::default()
    };
    sim.company().set_traits("LiNa", traits).unwrap();
    let lina = server(&sim, "contact", "lina")
        .ok("get_userlist", json!({}))
        .await;
    assert_eq!(ids(&lina), ["LiNa", "zhangwei"]);
    // Nobody named: the owner, the first member unless another one was set.
    let nobody = Server::new(&sim, "contact");
    assert_eq!(ids(&nobody.ok("get_userlist", json!({})).await).len(), 4);
    demo(&sim).set_owner("LiNa").unwrap();
    assert_eq!(ids(&nobody.ok("get_userlist", json!({})).await).len(), 2);
    let stranger = server(&sim, "contact", "nobody");
    assert_eq!(stranger.code("get_userlist", json!({})).await, 60_111);
    let acting: Vec<_> = sim
        .mcp_calls()
        .into_iter()
        .map(|call| (call.member.unwrap(), call.is_named))
        .collect();
    let expected = [
        ("lina", true),
        ("zhangwei", false),
        ("LiNa", false),
        ("nobody", true),
    ];
    assert_eq!(acting, expected.map(|(id, named)| (id.to_owned(), named)));
}

#[tokio::test]
async fn a_company_can_be_too_large() {
    let sim = start().await;
    let contact = server(&sim, "contact", "LiNa");
    sim.company().limit_contacts(Some(3));
    assert_eq!(contact.code("get_userlist", json!({})).await, 853_006);
    sim.company().limit_contacts(None);
    contact.ok("get_userlist", json!({})).await;
}
