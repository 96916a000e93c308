//! What people read about agents that are programs of their own.

/// "May the assistant do this?": the title of a card that asks for permission.
pub const PERMISSION: &str = "是否允许助手执行这一步？";

/// "Allow once"
pub const ALLOW_ONCE: &str = "允许一次";

/// "Always allow"
pub const ALLOW_ALWAYS: &str = "始终允许";

/// "Refuse"
pub const REJECT_ONCE: &str = "拒绝";

/// "Always refuse"
pub const REJECT_ALWAYS: &str = "始终拒绝";

/// "Files: …": the files that a step is about.
pub fn concerned(paths: &str) -> String {
    format!("涉及文件：{paths}")
}

/// "(The answer reached the model's length limit and is incomplete.)"
pub const MAX_TOKENS: &str = "⚠️ 回答达到模型的长度上限，以上内容不完整。可以回复“继续”。";

/// "(The assistant reached the limit of steps for one question. Reply “continue” to go on.)"
pub const MAX_STEPS: &str = "⚠️ 已达到单次处理的步数上限，任务可能尚未完成。可以回复“继续”。";

/// "The assistant declined to answer this question."
pub const REFUSED: &str = "⚠️ 助手拒绝回答这个问题，请换一种说法再试。";
