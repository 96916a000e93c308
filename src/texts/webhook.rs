//! What members read while an answer is fetched piece by piece.

/// "Received, and put together with your message that waits."
pub const MERGED: &str = "⏳ 已收到，将与上一条等待中的消息一并处理。";

/// "Handled together with the message before; see the answer there."
pub const ANSWERED_TOGETHER: &str = "✅ 已与上一条消息一并处理，请查看那条回复。";

/// "Still being handled; the answer will follow." A message that joined another, whose answer
/// takes longer than WeCom asks for it.
pub const STILL_HANDLED: &str = "⏳ 仍在处理中，结果稍后会发送给您。";

/// "Too many messages wait already; this one was not taken. Please wait for the answer."
pub const TOO_MANY_MERGED: &str = "⚠️ 等待处理的消息太多，刚才的消息没有被接收，请等待回复后再发。";

/// "This answer is no longer available. Please ask again." The service was restarted, or too
/// much time has passed.
pub const NO_LONGER_HERE: &str = "⚠️ 这条回复已不可用，请重新提问。";

/// "It took longer than WeCom allows, and the answer can't be sent to you another way: the
/// administrator has to configure the agent app."
pub const CANNOT_FOLLOW: &str = "⚠️ 处理时间超过了企业微信允许的时长，而结果无法通过其他方式发送给您。请联系管理员配置自建应用（agent）。";

/// "The answer was sent as a new message."
pub const SENT_ELSEWHERE: &str = "✅ 回复已通过新消息发送，请查看。";

/// "(More is coming...)" Ends what is shown of an answer that is too long to be shown whole.
pub const MORE_COMING: &str = "\n\n⏳ 内容较长，仍在生成……";

/// "(The rest follows in a new message.)"
pub const REST_FOLLOWS: &str = "\n\n📄 内容较长，其余部分将通过新消息发送。";

/// "(The rest could not be sent: the administrator has to configure the agent app.)"
pub const REST_LOST: &str =
    "\n\n⚠️ 内容过长，其余部分已省略。如需完整内容，请联系管理员配置自建应用（agent）。";

/// "The file … was sent to you as a private message of the app."
pub fn file_by_app(name: &str) -> String {
    format!("📎 文件「{name}」已通过应用私信发送给您，请查看。")
}

/// "The file … can't be sent here: the administrator has to configure the agent app."
pub fn file_needs_app(name: &str) -> String {
    format!(
        "⚠️ 文件「{name}」无法在此发送：机器人只能显示 JPG、PNG 图片，其他文件需要管理员配置自建应用（agent）。"
    )
}
