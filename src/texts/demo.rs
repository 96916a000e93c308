//! What the demo agent says.

use std::time::Duration;

/// "Hello, I am the demo agent. I follow a few rules, there is no model behind me. You can
/// say: ..."
pub const HELP: &str = "你好，我是**演示助手**：按几条规则回答，背后没有大模型，也不需要密钥。\n\n\
你可以这样说：\n\
- `待办`：通过企业微信工具查询你的待办\n\
- `记待办 周五前交周报`：创建一条待办\n\
- `图片`：发一张图片\n\
- `审批`：发一张带按钮的卡片\n\
- `一分钟后提醒我喝水`：定时消息\n\
- 发图片或文件：原样发回\n\n\
或者直接按下面的按钮。(In English: `help`, `todos`, `picture`, `card`, `remind me in one minute to …`)";

/// "What shall I show?"
pub const HELP_CARD_TITLE: &str = "要看看什么？";
/// "Press a button; more than once is fine."
pub const HELP_CARD_DESC: &str = "按一下按钮，可以反复按";
/// "My to-dos"
pub const BUTTON_TODOS: &str = "我的待办";
/// "A picture"
pub const BUTTON_PICTURE: &str = "来张图片";
/// "An approval card"
pub const BUTTON_APPROVAL: &str = "审批卡片";
/// "Remind in 1 min"
pub const BUTTON_REMINDER: &str = "一分钟提醒";

/// "Here is a request: " and a card that asks for approval of a day off.
pub const APPROVAL_CARD: &str = "有一条申请等你处理：\n\n```json\n\
{\"card_type\":\"button_interaction\",\
\"main_title\":{\"title\":\"请假申请\",\"desc\":\"李娜，明天一天\"},\
\"button_list\":[{\"text\":\"同意\",\"style\":1,\"key\":\"approve\"},\
{\"text\":\"拒绝\",\"style\":2,\"key\":\"reject\"}]}\n```";

/// "You pressed ..., and I was told."
pub fn pressed(label: &str) -> String {
    format!("收到，你按了「{label}」。")
}

/// "Looking it up in WeCom ..."
pub const LOOKING_UP: &str = "正在企业微信里查询……\n\n";
/// "Your open to-dos:"
pub const TODOS: &str = "你的待办：";
/// "You have no open to-dos. Say `记待办 …` to make one."
pub const NO_TODOS: &str = "你没有未完成的待办。发送「记待办 周五前交周报」就能创建一条。";
/// "(due ...)"
pub fn due(end: &str) -> String {
    format!("（截止 {end}）")
}
/// "Made: ... Say `待办` to see it."
pub fn todo_made(what: &str) -> String {
    format!("✅ 已创建待办：{what}。发送「待办」可以看到它。")
}
/// "That did not work; the log has more."
pub const TOOL_FAILED: &str = "这一步没有成功，详情请看日志。";

/// "Here is a picture of mine."
pub const PICTURE: &str = "给你一张图片。";

/// "Drink some water"
pub const DRINK: &str = "喝水";
/// "Reminder: ..."
pub fn reminder(what: &str) -> String {
    format!("⏰ 提醒：{what}")
}
/// "All right, in ... I will remind you: ..."
pub fn reminder_set(ahead: Duration, what: &str) -> String {
    let seconds = ahead.as_secs();
    let time = match seconds {
        seconds if seconds % 86_400 == 0 => format!("{} 天", seconds / 86_400),
        seconds if seconds % 3_600 == 0 => format!("{} 小时", seconds / 3_600),
        seconds if seconds % 60 == 0 => format!("{} 分钟", seconds / 60),
        seconds => format!("{seconds} 秒"),
    };
    format!("好的，{time}后提醒你：{what}。")
}

/// "You said:"
pub const HEARD: &str = "你说的是：";
/// "I got ... (... bytes), here it is again."
pub fn received(name: &str, bytes: u64) -> String {
    format!("收到「{name}」（{bytes} 字节），原样发回给你。")
}
/// "I am the demo agent; say 帮助 to see what I can do."
pub const HINT: &str = "我是演示助手，只会几条规则。发送「帮助」看看我会什么。";
