//! What agents ask the person they work for.

/// "May I do this?"
pub const MAY_I: &str = "可以执行这个操作吗？";
/// "Allow"
pub const ALLOW: &str = "允许";
/// "Refuse"
pub const REFUSE: &str = "拒绝";
