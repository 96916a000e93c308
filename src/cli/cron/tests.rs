use clap::CommandFactory;

use crate::cli::Cli;

fn parses(line: &str) -> bool {
    let words = line.split('|');
    Cli::command().try_get_matches_from(words).is_ok()
}

#[test]
fn the_options_fit_together() {
    Cli::command().debug_assert();
    for line in [
        "wecom|cron|add|--name|n|--cron|0 9 * * 1-5|--tz|Asia/Shanghai|--message|m|--announce|--channel|wecom|--to|party:1",
        "wecom|automations|create|0 9 * * *|do it|--to|user:a",
        "wecom|cron|add|--name|n|--at|20m|--text|t|--to|user:a|--best-effort-deliver|--json",
        "wecom|cron|add|--name|n|--every|1h30m|--system-event|e|--wake|next-heartbeat",
        "wecom|cron|edit|n|--clear-model|--no-best-effort-deliver|--failure-alert-after|3",
        "wecom|cron|edit|n|--no-failure-alert|--enable",
        "wecom|cron|rm|n|--json",
        "wecom|cron|delete|n",
        "wecom|cron|run|n|--due|--wait|--wait-timeout|1m|--poll-interval|1s",
        "wecom|cron|runs|--id|n|--limit|200|--sort|asc|--status|error|--delivery-status|not-delivered",
        "wecom|cron|list|--all|--agent|main|--token|t|--timeout|30000",
    ] {
        assert!(parses(line), "{line}");
    }
}

#[test]
fn what_excludes_each_other_is_refused() {
    for line in [
        "wecom|cron|add|--cron|0 9 * * *|--message|m",
        "wecom|cron|add|--name|n|--cron|@daily|--every|1h|--message|m",
        "wecom|cron|add|--name|n|--cron|@daily|--message|m|--text|t",
        "wecom|cron|add|--name|n|--every|1h|--tz|UTC|--message|m",
        "wecom|cron|add|--name|n|--every|10|--message|m",
        "wecom|cron|add|--name|n|--every|0s|--message|m",
        "wecom|cron|add|--name|n|--cron|@daily|--exact|--stagger|5m|--message|m",
        "wecom|cron|add|--name|n|--at|20m|--exact|--message|m",
        "wecom|cron|add|--name|n|--cron|@daily|--message|m|--announce|--no-deliver",
        "wecom|cron|add|--name|n|--cron|@daily|--message|m|--webhook|https://a.b|--to|user:a",
        "wecom|cron|add|--name|n|--cron|@daily|--message|m|--delete-after-run|--keep-after-run",
        "wecom|cron|edit|n|--enable|--disable",
        "wecom|cron|edit|n|--model|m|--clear-model",
        "wecom|cron|runs|--limit|0",
        "wecom|cron|runs|--limit|201",
        "wecom|cron|runs|a|--id|b",
        "wecom|cron|fly",
    ] {
        assert!(!parses(line), "{line}");
    }
}
