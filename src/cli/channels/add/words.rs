//! Every sentence of the set-up questions, in Chinese and English side by side.

use super::ask::Question;
use crate::config::Language;

/// A sentence in both languages; `{}` is filled in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    zh: &'static str,
    en: &'static str,
}

impl Words {
    pub(super) fn of(self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.zh,
            Language::English => self.en,
        }
    }

    /// The sentence with something in place of its `{}`.
    pub(super) fn with(self, language: Language, text: &str) -> String {
        self.of(language).replacen("{}", text, 1)
    }
}

const fn words(zh: &'static str, en: &'static str) -> Words {
    Words { zh, en }
}

const fn question(ask: Words, help: Words) -> Question {
    Question { ask, help }
}

pub(super) const YES: Words = words("是", "Yes");
pub(super) const NO: Words = words("否", "No");
pub(super) const EXPLAIN: Words = words("说明", "Explain");
pub(super) const CHOOSE_KEYS: Words = words(
    "方向键选择，回车确认，? 查看说明，Ctrl-C 退出（不会写入）",
    "arrows and Enter to choose, ? explains, Ctrl-C leaves without writing",
);
pub(super) const TEXT_KEYS: Words = words(
    "回车采用方括号中的默认值，? 查看说明，Ctrl-C 退出（不会写入）",
    "Enter takes the default in brackets, ? explains, Ctrl-C leaves without writing",
);
pub(super) const SECRET_KEYS: Words = words(
    "输入内容不显示；也可以填 env:变量名 或 file:/路径；? 查看说明",
    "what you type is not shown; env:NAME or file:/path point to it instead; ? explains",
);

pub(super) const LANGUAGE: Question = question(
    words("语言 / Language", "Language / 语言"),
    words(
        "选择提问所用的语言。",
        "The language of the questions that follow.",
    ),
);
pub(super) const CHINESE: Words = words("中文", "中文");
pub(super) const ENGLISH: Words = words("English", "English");

pub(super) const INTRO: Words = words(
    "下面把智能机器人或自建应用接入本程序。需要准备：\n  - 智能机器人：在企业微信管理后台或客户端打开机器人的设置，选择“API 模式 / 长连接”，复制 Bot ID 和 Secret；\n  - 自建应用：企业 ID、应用的 Secret 和 AgentId。\n最后一步才写入配置文件。",
    "This connects a bot or an agent app (自建应用). Have ready:\n  - for a bot: its Bot ID and Secret, from the bot's settings in WeCom's admin console or client (API mode, long connection);\n  - for an agent app: the company id, the app's Secret and its AgentId.\nNothing is written before the last question.",
);
pub(super) const LEFT: Words = words("已退出，没有写入任何内容。", "Left. Nothing was written.");

pub(super) const ACCOUNT: Question = question(
    words("设置哪个账号？", "Which account?"),
    words(
        "一个账号对应一个机器人和/或一个自建应用。选择已有账号可以修改它，其他账号不受影响。",
        "An account is one bot, one agent app, or both. Choosing one that exists changes it; the others stay as they are.",
    ),
);
pub(super) const NEW_ACCOUNT: Words = words("新账号", "a new account");
pub(super) const NEW_ID: Question = question(
    words(
        "新账号的 ID（字母和数字）",
        "Id of the new account (letters and digits)",
    ),
    words(
        "用于命令、绑定和回调地址，例如 hq。显示名称可以另外用 name 设置。",
        "Commands, bindings and callback addresses name the account by it, for example hq. The name that people read is `name`.",
    ),
);
pub(super) const ID_TAKEN: Words = words(
    "账号 {} 已存在，请换一个。",
    "There is an account {} already; take another id.",
);
pub(super) const ID_IS: Words = words("账号 ID：{}", "The account's id is {}.");
pub(super) const CONVERTS: Words = words(
    "配置里原有的机器人将成为账号 default，注释保留。",
    "The bot that is configured now becomes the account `default`; comments are kept.",
);

pub(super) const KIND: Question = question(
    words("接入什么？", "What is connected?"),
    words(
        "长连接由本程序主动连接企业微信，不需要公网地址，推荐使用。Webhook 和自建应用的接收消息需要企业微信能访问到的地址。",
        "Over the long connection this program calls WeCom: no public address is needed. A webhook, and messages to an agent app, need an address that WeCom reaches.",
    ),
);
pub(super) const KIND_WEBSOCKET: Words = words("智能机器人（长连接）", "a bot over WebSocket");
pub(super) const KIND_WEBHOOK: Words = words("智能机器人（Webhook）", "a bot over webhook");
pub(super) const KIND_APP: Words = words("自建应用", "an agent app");
pub(super) const KIND_BOTH: Words = words(
    "智能机器人（长连接）+ 自建应用",
    "a bot over WebSocket and an agent app",
);

pub(super) const KEEP: Question = question(
    words("保留现有的值？", "Keep the present value?"),
    words("选择“否”可以输入新的值。", "No lets you enter another one."),
);
pub(super) const KEEPS: Words = words("现有：{}", "There is one already: {}");
pub(super) const BOT_ID: Question = question(
    words("Bot ID", "Bot ID"),
    words(
        "在机器人的设置页（API 模式，长连接）中，通常以 aib 开头。",
        "On the bot's settings page (API mode, long connection); it usually begins with aib.",
    ),
);
pub(super) const SECRET: Question = question(
    words("Secret", "Secret"),
    words(
        "与 Bot ID 在同一页。重新生成会使旧的失效。env:变量名 表示运行时从环境变量读取，file:/路径 表示从文件读取，这样配置文件里没有明文。",
        "Beside the Bot ID; generating a new one ends the old. With env:NAME it is read from a variable, with file:/path from a file, so that it does not stand in the configuration.",
    ),
);
pub(super) const GENERATE: Question = question(
    words(
        "由本程序生成 Token 和 EncodingAESKey？",
        "Generate Token and EncodingAESKey?",
    ),
    words(
        "生成后需要把它们填到企业微信的回调设置里。选择“否”则输入后台已有的值。",
        "They go into WeCom's callback settings then. No lets you enter those that are there already.",
    ),
);
pub(super) const GENERATED: Words = words(
    "请填到企业微信后台（只显示这一次）：\n{}",
    "Enter these in WeCom's console (they are shown this once):\n{}",
);
pub(super) const TOKEN: Question = question(
    words("Token", "Token"),
    words(
        "回调设置中的 Token，3 到 32 位字母或数字。",
        "The Token of the callback settings: 3 to 32 letters and digits.",
    ),
);
pub(super) const AES_KEY: Question = question(
    words("EncodingAESKey", "EncodingAESKey"),
    words(
        "回调设置中的 EncodingAESKey，43 个字符。",
        "The EncodingAESKey of the callback settings: 43 characters.",
    ),
);
pub(super) const RECEIVE_ID: Question = question(
    words("ReceiveId（一般留空）", "ReceiveId (usually empty)"),
    words("企业自己的机器人留空。", "A company's own bot has none."),
);
pub(super) const CALLBACK: Words = words(
    "回调地址：{}\n先用 wecom run 启动本程序，再在企业微信后台保存回调设置（保存时会验证）。",
    "Callback address: {}\nStart the program with `wecom run` first, then save the callback settings in WeCom's console: saving checks the address.",
);
pub(super) const CORP_ID: Question = question(
    words("企业 ID（corpId）", "Company id (corpId)"),
    words(
        "管理后台“我的企业”页底部，通常以 ww 开头。",
        "At the foot of the admin console's page 我的企业 (My Company); it usually begins with ww.",
    ),
);
pub(super) const CORP_SECRET: Question = question(
    words("应用的 Secret", "Secret of the app"),
    words(
        "在自建应用的详情页查看。",
        "On the app's page in the admin console.",
    ),
);
pub(super) const AGENT_ID: Question = question(
    words("应用的 AgentId", "AgentId of the app"),
    words(
        "自建应用详情页上的数字，例如 1000002。",
        "The number on the app's page, for example 1000002.",
    ),
);
pub(super) const APP_RECEIVES: Question = question(
    words(
        "应用也接收消息（需要回调）？",
        "Does the app receive messages too (needs a callback)?",
    ),
    words(
        "“否”：只能由本程序发消息。“是”：需要 Token 和 EncodingAESKey，以及企业微信能访问的地址。",
        "No: it only sends. Yes: it needs Token and EncodingAESKey, and an address that WeCom reaches.",
    ),
);
pub(super) const NOT_A_NUMBER: Words = words("请输入正整数。", "It is a number above 0.");
pub(super) const NOT_EMPTY: Words = words("不能为空。", "It must not be empty.");
pub(super) const NOT_ASCII: Words = words(
    "只能包含字母、数字和半角符号，是否多粘贴了空格或引号？",
    "It has letters, digits and signs only: was a blank or another character pasted along?",
);

pub(super) const TRY: Question = question(
    words("现在测试一下凭据？", "Try the credentials now?"),
    words(
        "机器人：连接并订阅一次（10 秒内）。企业微信只允许一个连接，如果别的程序正在使用这个机器人，它会被断开。自建应用：取一次 access_token。",
        "Bot: connects and subscribes once (within 10 s). WeCom allows one connection: another program that uses this bot is cut off. App: asks for an access token.",
    ),
);
pub(super) const TRIED_OK: Words = words("✔ {}：可以使用", "✔ {}: works");
pub(super) const TRIED_SKIPPED: Words = words("· {}", "· {}");
pub(super) const TRIED_FAILED: Words = words("✘ {}", "✘ {}");
pub(super) const FIX: Words = words("  处理：{}", "  What to do: {}");
pub(super) const UNTRIED: Words = words(
    "没有可测试的内容（可能引用的变量或文件在这里读不到）。",
    "There is nothing to try: a variable or file may not be readable here.",
);
pub(super) const AFTER_FAILURE: Question = question(
    words("接下来？", "What now?"),
    words(
        "“仍然保存”适合稍后才能连上网络的情况。",
        "Saving anyway is for a machine that reaches WeCom later.",
    ),
);
pub(super) const REENTER: Words = words("重新输入", "enter them again");
pub(super) const SAVE_ANYWAY: Words = words("仍然保存", "save anyway");
pub(super) const QUIT: Words = words("退出", "quit");

pub(super) const DM_POLICY: Question = question(
    words("谁可以给它发消息？", "Who may write to it?"),
    words(
        "pairing：陌生人会得到配对码，由管理员批准。allowlist：只有名单上的成员。open：所有能找到它的成员。disabled：不接收单聊。",
        "pairing: strangers get a code that you approve. allowlist: listed members only. open: every member who finds it. disabled: no direct messages.",
    ),
);
pub(super) const DM_CHOICES: [(&str, Words); 4] = [
    (
        "pairing",
        words(
            "pairing：配对后可用（推荐）",
            "pairing: after you approve them (recommended)",
        ),
    ),
    (
        "allowlist",
        words("allowlist：仅名单成员", "allowlist: listed members"),
    ),
    ("open", words("open：所有成员", "open: everybody")),
    (
        "disabled",
        words("disabled：任何人都不行", "disabled: nobody"),
    ),
];
pub(super) const ALLOW_FROM: Question = question(
    words("成员的 user id", "User ids of the members"),
    words(
        "用逗号、分号或空格分隔，至少一个。",
        "Separated by commas, semicolons or blanks; at least one.",
    ),
);
pub(super) const GROUP_POLICY: Question = question(
    words("在哪些群里回答？", "In which groups does it answer?"),
    words(
        "open：所有加了它的群。allowlist：只有名单上的群。disabled：不在群里回答。",
        "open: every group that has it. allowlist: listed groups. disabled: none.",
    ),
);
pub(super) const GROUP_CHOICES: [(&str, Words); 3] = [
    (
        "open",
        words("open：所有加了它的群", "open: every group that has it"),
    ),
    (
        "allowlist",
        words("allowlist：仅名单上的群", "allowlist: listed groups"),
    ),
    (
        "disabled",
        words("disabled：不在群里回答", "disabled: none"),
    ),
];
pub(super) const GROUP_IDS: Question = question(
    words("群的 chat id", "Chat ids of the groups"),
    words(
        "通常以 wr 开头，日志里可以看到；用逗号、分号或空格分隔。",
        "They usually begin with wr, and the log shows them; separated by commas, semicolons or blanks.",
    ),
);
pub(super) const OWNER: Question = question(
    words(
        "管理员的 user id（留空跳过）",
        "User id of the owner (empty: skip)",
    ),
    words(
        "管理员可以在聊天里使用管理命令。",
        "The owner may use the commands for operators in a chat.",
    ),
);
pub(super) const AGENT: Question = question(
    words("由哪个智能体回答？", "Which agent answers?"),
    words(
        "写入 bindings，把这个账号绑定到智能体。",
        "Written to `bindings`: the account is bound to the agent.",
    ),
);
pub(super) const NO_AGENT: Words = words("不绑定", "none: no binding");
pub(super) const UNBOUND: Question = question(
    words(
        "多账号时，没有绑定的账号会拒收消息。确定不绑定？",
        "With several accounts, messages of one without a binding are refused. Leave it without?",
    ),
    words(
        "之后可以用 wecom channels add --account ID --bind AGENT 绑定。",
        "`wecom channels add --account ID --bind AGENT` binds it later.",
    ),
);
pub(super) const SUMMARY: Words = words("将写入：\n{}", "To be written:\n{}");
pub(super) const WRITE: Question = question(
    words("写入配置文件？", "Write it?"),
    words("选择“否”则不写入任何内容。", "No leaves the file as it is."),
);
pub(super) const APPROVE: Words = words(
    "聊天里给它发一条消息试试；陌生人会得到一个配对码，由您批准。",
    "Write to it in WeCom; a stranger gets a pairing code, which you approve.",
);
