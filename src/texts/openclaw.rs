//! What people read about agents of OpenClaw.

/// "The assistant is restarting. Your message is kept and will be handled as soon as it is
/// back."
pub const KEPT: &str = "⏳ 智能助手正在重新启动，您的消息已保存，恢复后会自动处理。";

/// "(The connection to the assistant was lost; it goes on as soon as it is back.)"
pub const KEPT_PARTIAL: &str = "⏳ 与智能助手的连接中断，恢复后会自动继续。";
