//! The questions, answered on a terminal.

use crate::house::{BOT, House, SECOND, SECOND_SECRET, SECRET};
use crate::terminal::Terminal;

/// The questions after the credentials, as most people answer them.
fn finishes(terminal: &mut Terminal) {
    terminal
        .takes_default("Who may write to it?")
        .takes_default("In which groups does it answer?")
        .takes_default("User id of the owner");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_is_asked_for_tried_and_written() {
    let house = House::fresh().await;
    let mut terminal = Terminal::open(&house, &["channels", "add"]);
    terminal
        .takes_default("Language")
        .takes_default("Which account?")
        .takes_default("What is connected?")
        .types("Bot ID", "?")
        .sees("It usually begins with aib".to_lowercase().as_str())
        .types("Bot ID", BOT)
        .types("Secret", SECRET)
        .takes_default("Try the credentials now?")
        .sees("bot: works");
    finishes(&mut terminal);
    terminal.sees("To be written:").takes_default("Write it?");
    let (status, shown) = terminal.ends();
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("Account default is set up"), "{shown}");
    assert!(!shown.contains(SECRET), "{shown}");
    assert_eq!(
        house.text(),
        format!(
            "{{\n  // Ours.\n  channels: {{ wecom: {{ websocketUrl: 'URL', enabled: true, botId: \
             '{BOT}', secret: '{SECRET}', dmPolicy: 'pairing' }} }},\n  gateway: {{ port: 0 }},\n}}\n"
        )
    );
    assert_eq!(house.sim.violations(), []);
}

/// A file with one bot, as people keep it.
const ONE: &str = "\
{
  channels: {
    wecom: {
      enabled: true,
      websocketUrl: 'URL',
      // From the console.
      botId: 'aibTEST01',
      secret: 'canary-secret-5e1f', // never show
      dmPolicy: 'open',
    },
  },
  gateway: { port: 0 },
}
";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_kept() {
    let house = House::with(ONE).await;
    let before = house.text();
    let mut terminal = Terminal::open(&house, &["channels", "add"]);
    terminal
        .takes_default("Language")
        .takes_default("Which account?")
        .takes_default("What is connected?")
        .sees("There is one already: aibT…")
        .takes_default("Keep the present value?")
        .sees("There is one already: ***")
        .takes_default("Keep the present value?")
        .takes_default("Try the credentials now?")
        .sees("bot: works");
    finishes(&mut terminal);
    terminal.takes_default("Write it?");
    let (status, shown) = terminal.ends();
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("No change"), "{shown}");
    assert!(!shown.contains("canary-"), "{shown}");
    assert_eq!(house.text(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_account_makes_the_first_one_an_account_too() {
    let house = House::with(ONE).await;
    let mut terminal = Terminal::open(&house, &["channels", "add"]);
    terminal
        .takes_default("Language")
        .chooses("Which account?", 1)
        .types("Id of the new account", "Plant 2")
        .sees("The account's id is plant-2.")
        .takes_default("What is connected?")
        .types("Bot ID", SECOND)
        .types("Secret", SECOND_SECRET)
        .takes_default("Try the credentials now?")
        .sees("bot: works");
    finishes(&mut terminal);
    terminal
        .takes_default("Which agent answers?")
        .takes_default("Write it?");
    let (status, shown) = terminal.ends();
    assert_eq!(status, 0, "{shown}");
    assert!(
        shown.contains("move from channels.wecom to channels.wecom.accounts.default"),
        "{shown}"
    );
    assert!(!shown.contains("canary-"), "{shown}");
    let text = house.text();
    let moved = "\
      accounts: {
        default: {
          // From the console.
          botId: 'aibTEST01',
          secret: 'canary-secret-5e1f', // never show
          dmPolicy: 'open',
        },
        'plant-2': {
          botId: 'aibTEST02',
          secret: 'canary-second-77aa',
          dmPolicy: 'pairing',
        },
      },
";
    assert!(text.contains(moved), "{text}");
    let listed = house.run(&["channels", "list"]);
    assert_eq!(
        listed.out,
        "wecom default (default): 企业微信, enabled, bot_ws, mcp\n\
         wecom plant-2: 企业微信, enabled, bot_ws, mcp\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_leaves_the_file_as_it_was() {
    // The questions before the one at which the person leaves.
    let steps: [(&str, &str); 6] = [
        ("Language", ""),
        ("Which account?", ""),
        ("What is connected?", ""),
        ("Bot ID", BOT),
        ("Secret", SECRET),
        ("Try the credentials now?", "\x1b[B"),
    ];
    let last = [
        "Who may write to it?",
        "In which groups",
        "User id of the owner",
        "Write it?",
    ];
    let house = House::fresh().await;
    let (before, names) = (house.text(), house.names());
    for number in 0..steps.len() + last.len() {
        let mut terminal = Terminal::open(&house, &["channels", "add"]);
        let all = steps
            .iter()
            .copied()
            .chain(last.map(|question| (question, "")));
        for (position, (question, answer)) in all.enumerate() {
            terminal.sees(question);
            if position == number {
                terminal.leaves();
                break;
            }
            terminal.presses(answer).presses("\r");
        }
        let (status, shown) = terminal.ends();
        assert_eq!(status, 130, "{shown}");
        assert!(shown.contains("Nothing was written."), "{shown}");
        assert_eq!(
            (house.text(), house.names()),
            (before.clone(), names.clone())
        );
    }
    assert_eq!(house.sim.sockets_total(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_can_be_entered_again() {
    let house = House::fresh().await;
    let mut terminal = Terminal::open(&house, &["channels", "add"]);
    terminal
        .takes_default("Language")
        .takes_default("Which account?")
        .takes_default("What is connected?")
        .types("Bot ID", BOT)
        .types("Secret", "canary-wrong")
        .takes_default("Try the credentials now?")
        .sees("853000")
        .sees("What to do: copy Bot ID and Secret again")
        .chooses("What now?", 2);
    let (status, shown) = terminal.ends();
    assert_eq!(status, 1, "{shown}");
    assert!(shown.contains("Nothing was written."), "{shown}");
    assert!(!house.text().contains("botId"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_and_its_callback_in_chinese() {
    let house = House::fresh().await;
    let mut terminal = Terminal::open_in(&house, &["channels", "add"], "zh_CN.UTF-8");
    terminal
        .takes_default("语言")
        .takes_default("设置哪个账号？")
        .chooses("接入什么？", 2)
        .types("企业 ID", "ww00112233445566aa")
        .types("应用的 Secret", "canary-corp-secret")
        .types("应用的 AgentId", "zero")
        .sees("请输入正整数。")
        .types("应用的 AgentId", "1000002")
        .sees("应用也接收消息")
        .presses("\x1b[A\r")
        .takes_default("Token 和 EncodingAESKey？")
        .sees("只显示这一次")
        .sees("https://<gateway.publicOrigin>/plugins/wecom/agent/default")
        .chooses("现在测试一下凭据？", 1)
        .chooses("谁可以给它发消息？", 1)
        .types("成员的 user id", "zhangsan，1001；lisi")
        .takes_default("在哪些群里回答？")
        .types("管理员的 user id", "zhangsan")
        .takes_default("写入配置文件？");
    let (status, shown) = terminal.ends();
    assert_eq!(status, 0, "{shown}");
    assert!(!shown.contains("canary-"), "{shown}");
    let get = |path: &str| house.run(&["config", "get", path]).out;
    assert_eq!(get("channels.wecom.agent.agentId"), "1000002\n");
    assert_eq!(get("channels.wecom.agent.corpId"), "ww00112233445566aa\n");
    assert_eq!(get("channels.wecom.agent.token"), "__REDACTED__\n");
    assert_eq!(get("channels.wecom.dmPolicy"), "allowlist\n");
    assert_eq!(get("channels.wecom.allowFrom[2]"), "lisi\n");
    assert_eq!(get("commands.ownerAllowFrom[0]"), "wecom:zhangsan\n");
    assert!(house.run(&["config", "validate"]).status == 0);
}
