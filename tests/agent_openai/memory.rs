//! What a model is reminded of.

use serde_json::json;

use crate::model::{Answer, Model, calls, error};
use crate::support::{OTHER, USER, group};
use crate::{ask, house};

fn talk(words: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(role, text): &(&str, &str)| ((*role).to_owned(), (*text).to_owned());
    words.iter().map(owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_survives_a_restart_and_ends_when_it_is_forgotten() {
    let model = Model::start().await;
    let house = house(&model, json!({})).await;
    model
        .says(&["Hello ", "you."])
        .says(&["Your name is Zhang."])
        .says(&["Who?"]);
    ask(&house, "My name is Zhang.").await;
    let house = house.reopen(None).await;
    house.subscribed().await;
    ask(&house, "What is my name?").await;
    let earlier = [
        ("user", "My name is Zhang."),
        ("assistant", "Hello you."),
        ("user", "What is my name?"),
    ];
    assert_eq!(model.last().talk(), talk(&earlier));
    house.say("/new");
    house.settled().await;
    ask(&house, "And now?").await;
    assert_eq!(model.last().talk(), talk(&[("user", "And now?")]));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_share_the_conversation_of_their_group_and_no_other() {
    let model = Model::start().await;
    let house = house(&model, json!({})).await;
    model.says(&["one"]).says(&["two"]).says(&["three"]);
    ask(&house, "between us").await;
    for user in [USER, OTHER] {
        let asked = house.say_in_group(user, "@Helper hi");
        house.answer(&group(), &asked).await;
    }
    let expected = [
        ("user", "[zhangsan]\nhi"),
        ("assistant", "two"),
        ("user", "[lisi]\nhi"),
    ];
    assert_eq!(model.last().talk(), talk(&expected));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_turn_without_an_answer_is_not_remembered() {
    let model = Model::start().await;
    let house = house(&model, json!({})).await;
    model.answers(error(400, "", "no")).says(&["yes"]);
    ask(&house, "first").await;
    ask(&house, "second").await;
    assert_eq!(model.last().talk(), talk(&[("user", "second")]));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_bounds_the_reminder_and_calls_keep_their_answers() {
    let model = Model::start().await;
    // Room for the question, the call, its answer and the answer, and not for two turns.
    let house = house(&model, json!({ "historyTokens": 120 })).await;
    let call = calls("", &[("c1", "no_such_tool", json!({}))]);
    model
        .answers(Answer::Stream(call))
        .says(&["it is not there"]);
    ask(&house, "use it").await;
    model.says(&["yes"]).says(&["done"]);
    ask(&house, "thanks").await;
    let asked = model.last();
    let roles: Vec<String> = asked.talk().into_iter().map(|(role, _)| role).collect();
    assert_eq!(roles, ["user", "assistant", "tool", "assistant", "user"]);
    assert_eq!(asked.body["messages"][3]["tool_call_id"], "c1");
    ask(&house, &"long ".repeat(300)).await;
    model.says(&["ok"]);
    ask(&house, "so?").await;
    assert_eq!(model.last().talk(), talk(&[("user", "so?")]));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_remembered_where_nothing_may_be() {
    let model = Model::start().await;
    let house = house(&model, json!({ "historyTokens": 0 })).await;
    model.says(&["one"]).says(&["two"]);
    ask(&house, "first").await;
    ask(&house, "second").await;
    assert_eq!(model.last().talk(), talk(&[("user", "second")]));
    house.close().await;
}
