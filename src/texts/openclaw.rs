//! What people read about agents of OpenClaw.

/// "The assistant is restarting. Your message is kept and will be handled as soon as it is
/// back."
pub const KEPT: &str = "⏳ 智能助手正在重新启动，您的消息已保存，恢复后会自动处理。";

/// "(The connection to the assistant was lost; it goes on as soon as it is back.)"
pub const KEPT_PARTIAL: &str = "⏳ 与智能助手的连接中断，恢复后会自动继续。";

/// "The assistant takes up your request presently; the result comes as a message of its own."
pub const GOES_ON: &str = "🔄 智能助手稍后会接着处理您的请求，结果会另发消息给您。";
