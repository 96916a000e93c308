//! What people read about models behind an endpoint.

/// "(The answer reached the model's length limit and is incomplete. Reply “continue”.)"
pub const MAX_TOKENS: &str = "⚠️ 回答达到模型的长度上限，以上内容不完整。可以回复“继续”。";

/// "The model's provider withheld the answer. Please put the question another way."
pub const WITHHELD: &str = "⚠️ 模型服务拒绝输出这个回答，请换一种说法再试。";
