//! Every sentence that people read in a chat, in one place: Chinese as sent, English in
//! the comment beside it.

pub mod access;
pub mod acp;
pub mod agent;
pub mod app;
pub mod cards;
pub mod cron;
pub mod demo;
pub mod media_in;
pub mod media_out;
pub mod openai;
pub mod openclaw;
pub mod outbound;
pub mod webhook;

/// The client shows its thinking animation for a stream with exactly this content.
pub const THINKING: &str = "<think></think>";

/// "Your message is queued and will be handled after the one before it."
pub const QUEUED: &str = "⏳ 已收到，正在排队，上一条消息处理完后马上回复您。";

/// "Too many messages are waiting in this chat, so this one was not taken. Please send it
/// again later."
pub const BUSY: &str = "⚠️ 本会话等待处理的消息太多，刚才的消息没有被接收，请稍后再发。";

/// "The message could not be recorded, so it was not handled. Please send it again later."
pub const NOT_RECORDED: &str = "⚠️ 系统暂时无法保存消息，刚才的消息没有被处理，请稍后再发。";

/// "This type of message is not supported yet."
pub const UNKNOWN_TYPE: &str = "暂不支持这种类型的消息，请改用文字发送。";

/// "Done." Closes a stream whose agent said nothing.
pub const DONE: &str = "✅ 已处理完毕。";

/// "A card was sent." Closes a stream whose answer is a card alone.
pub const CARD_SENT: &str = "✅ 卡片已发送，请查看。";

/// "The file was sent." Closes a stream whose answer is a file alone.
pub const MEDIA_SENT: &str = "✅ 文件已发送，请查看。";

/// "Stopped."
pub const STOPPED: &str = "⏹ 已停止。";

/// "(Stopped; the answer is incomplete.)"
pub const STOPPED_PARTIAL: &str = "⏹ 已停止，以上内容不完整。";

/// "The current answer was stopped."
pub const STOP_DONE: &str = "⏹ 已停止当前的回答。";

/// "No answer of yours is running at the moment."
pub const STOP_NOTHING: &str = "当前没有正在进行的、由您发起的回答。";

/// "Processing took too long and was stopped. Please try a smaller question."
pub const TIMED_OUT: &str = "⌛ 处理时间过长，已停止。请把问题拆小一些再试。";

/// "(Processing took too long and was stopped; the answer is incomplete.)"
pub const TIMED_OUT_PARTIAL: &str = "⌛ 处理时间过长，已停止，以上内容不完整。";

/// "This service was interrupted repeatedly while handling the message. Please send it
/// again."
pub const INTERRUPTED: &str = "⚠️ 处理这条消息时服务多次中断，请重新发送。";

/// "The answer takes longer; the result will follow in a new message."
pub const HANDED_OVER: &str = "⏳ 处理时间较长，结果稍后会以新消息发送给您。";

/// "(The rest will follow in a new message.)"
pub const HANDED_OVER_PARTIAL: &str = "⏳ 后续内容稍后会以新消息发送给您。";

/// Stands before the end of a text whose beginning does not fit: "(earlier text omitted)".
pub const EARLIER_OMITTED: &str = "……（前文较长，已省略，完成后会完整发送）\n\n";

/// "(The answer is too long; the rest was left out.)"
pub const REST_OMITTED: &str = "\n\n⚠️ 内容过长，其余部分已省略。";

/// "Still working (… so far)": shown when an agent is silent for long.
pub fn still_working(elapsed_secs: u64) -> String {
    format!("⏳ 仍在处理中（已用时 {} 分钟）", elapsed_secs / 60)
}

/// Why an answer failed, as far as a person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The assistant can't be reached.
    Unreachable,
    /// It has too much to do.
    Busy,
    /// It did not answer in time.
    TimedOut,
    /// The conversation is too long for it.
    TooLong,
    /// Anything else.
    Broken,
}

/// "The assistant can't be reached / is busy / did not answer in time / failed; please try
/// again later." or "The conversation is too long; send /new to begin another." With a
/// reference.
pub fn failed(failure: Failure, reference: &str) -> String {
    let what = match failure {
        Failure::Unreachable => "暂时无法连接到智能助手，请稍后再试",
        Failure::Busy => "智能助手现在太忙，请稍后再试",
        Failure::TimedOut => "智能助手没有及时回答，请稍后再试",
        Failure::TooLong => "对话太长，智能助手无法继续，请发送 /new 开始新的对话",
        Failure::Broken => "智能助手处理时出错，请稍后再试",
    };
    format!("❌ {what}。（编号：{reference}）")
}

/// "(The answer is incomplete: the assistant can't be reached / is busy / did not go on in
/// time / can't go on with so long a conversation / failed. Reference: ...)"
pub fn failed_partial(failure: Failure, reference: &str) -> String {
    let why = match failure {
        Failure::Unreachable => "与智能助手的连接中断",
        Failure::Busy => "智能助手现在太忙",
        Failure::TimedOut => "智能助手没有及时继续",
        Failure::TooLong => "对话太长，智能助手无法继续",
        Failure::Broken => "智能助手处理时出错",
    };
    format!("❌ {why}，以上内容不完整。（编号：{reference}）")
}

/// Echo's word for a picture: "(a picture was received)".
pub const ECHO_IMAGE: &str = "（收到一张图片）";
/// Echo's word for a file: "(a file was received)".
pub const ECHO_FILE: &str = "（收到一个文件）";
/// Echo's word for a video: "(a video was received)".
pub const ECHO_VIDEO: &str = "（收到一个视频）";
