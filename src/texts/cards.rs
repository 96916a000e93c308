//! What people read on template cards and in their place, and what agents read about clicks.

/// "A card is being prepared…": stands in a growing answer where a card is written.
pub const PREPARING: &str = "🗂 正在生成卡片……";

/// "(A card could not be displayed.)": in place of a card that could not be read.
pub const UNREADABLE: &str = "⚠️ 有一张卡片无法显示。";

/// "Notice": the title of a card that has none.
pub const NOTICE: &str = "通知";

/// "Submit": the button of a card that has none.
pub const SUBMIT: &str = "提交";

/// "Submitted": the button after it was pressed.
pub const SUBMITTED: &str = "已提交";

/// "Done": a pressed button whose text is not known any more.
pub const PRESSED: &str = "已处理";

/// Stands before the text of a pressed button.
pub const PRESSED_MARK: &str = "✓ ";

/// "View details": the link of a card's main action.
pub const DETAILS: &str = "查看详情";

/// "More": the caption of a card's menu that has none.
pub const MORE: &str = "更多";

/// "Choice n": the title of a selection that has none.
pub fn choice(number: usize) -> String {
    format!("选项 {number}")
}

/// "Please answer with a number or a text.": after numbered options.
pub const ANSWER_ONE: &str = "请回复编号或文字。";

/// "Several may be chosen; please answer with their numbers or texts."
pub const ANSWER_SEVERAL: &str = "可多选，请回复编号或文字。";

/// "Please answer each item with a number or a text."
pub const ANSWER_EACH: &str = "请逐项回复编号或文字。";

/// "You may ask me: …": a jump that asks the bot a question.
pub fn ask_me(question: &str) -> String {
    format!("可以问我：{question}")
}

/// "[WeCom template card event]": the first line of what an agent reads about a click.
pub const CLICK_MARKER: &str = "[企业微信模板卡片事件]";

/// "(nothing chosen)": a question of a card that was left open.
pub const NOTHING_CHOSEN: &str = "（未选择）";

/// "[WeCom permission change event]": the first line of what an agent reads about changed
/// document permissions.
pub const AUTH_CHANGE_MARKER: &str = "[企业微信授权变更事件]";

/// "create and edit documents", "read members' documents", or "unknown permission n".
pub fn permission(code: i64) -> String {
    match code {
        1 => "新建和编辑文档".to_owned(),
        2 => "读取成员文档内容".to_owned(),
        other => format!("未知权限 {other}"),
    }
}

/// "The user has granted you to read documents. Go on with the document work from before."
pub const MAY_READ_DOCUMENTS: &str = "用户已授权读取文档内容，请继续之前与文档有关的工作。";

/// "The present permissions do not include reading documents. If the work needs it, ask the
/// user to request that permission; an administrator has to agree."
pub const MAY_NOT_READ_DOCUMENTS: &str = "当前权限不包括读取文档内容。如果任务需要，请提示用户申请「读取成员文档内容」权限（需要管理员同意）。";

/// "There are no document permissions at present. If the work needs them, lead the user to
/// grant them."
pub const NO_PERMISSIONS: &str = "当前没有任何文档权限。如果任务需要，请引导用户完成授权。";
