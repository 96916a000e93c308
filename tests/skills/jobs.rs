//! The examples of the skill for jobs are what the tool takes.

use jiff::tz::TimeZone;
use serde_json::Value;
use wecom::cron::normalise::read_job;
use wecom::cron::rules::{Moment, problems};
use wecom::cron::tool::CronTool;

use crate::pages;

/// 2026-03-06T00:00:00Z
const NOW_MS: i64 = 1_772_755_200_000;

#[test]
fn every_example_of_a_job_is_accepted() {
    let schema = CronTool::parameters();
    let accepts = jsonschema::validator_for(&schema).unwrap();
    let known = schema["properties"].as_object().unwrap();
    let page = pages()
        .into_iter()
        .find(|page| page.name == "wecom-cron/SKILL.md")
        .unwrap();
    let mut actions = Vec::new();
    for block in page.blocks.iter().filter(|block| block.language == "json") {
        let call: Value = serde_json::from_str(&block.text).unwrap();
        let found: Vec<String> = accepts.iter_errors(&call).map(|e| e.to_string()).collect();
        assert!(found.is_empty(), "{}: {found:?}", block.text);
        for key in call.as_object().unwrap().keys() {
            assert!(known.contains_key(key), "{key} in {}", block.text);
        }
        if let Some(job) = call.get("job") {
            let job = read_job(job.as_object().unwrap().clone(), NOW_MS).unwrap();
            let found = problems(&job, Moment::Created, NOW_MS, &TimeZone::UTC);
            assert_eq!(found, [], "{}", block.text);
        }
        actions.push(call["action"].as_str().unwrap().to_owned());
    }
    for action in ["add", "list", "update", "remove", "run", "runs"] {
        assert!(actions.iter().any(|shown| shown == action), "{action}");
    }
}
