//! Who is who.

use super::*;

#[tokio::test]
async fn story_01_who_is_lynn() {
    let stage = Stage::open(&["wecom-contact-lookup"]).await;
    let found = stage.call("contact.get_userlist", json!({})).await;
    let lynn = list(&found, "/userlist");
    let lynn: Vec<_> = lynn
        .iter()
        .filter(|member| member["alias"] == "Lynn")
        .collect();
    assert_eq!(lynn.len(), 1);
    assert_eq!(
        (text(lynn[0], "/name"), text(lynn[0], "/alias")),
        ("林越", "Lynn")
    );
    stage.told(&["contact.get_userlist"]);
    stage.close().await;
}

#[tokio::test]
async fn story_02_a_name_that_two_people_share_is_asked_about() {
    let stage = Stage::open(&["wecom-msg", "wecom-contact-lookup"]).await;
    let found = stage.call("contact.get_userlist", json!({})).await;
    let same = list(&found, "/userlist").iter();
    let aliases: Vec<_> = same
        .filter(|it| it["name"] == "王芳")
        .map(|it| text(it, "/alias"))
        .collect();
    let aliases: std::collections::BTreeSet<&str> = aliases.into_iter().collect();
    assert_eq!(aliases, ["Fang", "Fiona"].into(), "what tells them apart");
    stage.ask();
    stage.told(&["contact.get_userlist", "!"]);
    stage.close().await;
}
