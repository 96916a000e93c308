//! What people read about access, routes and commands.

/// "Access is not set up for you yet. Your user id: … Pairing code: … Please ask the
/// assistant's owner to run: … The code is valid for one hour."
pub fn pairing(user: &str, code: &str, command: &str) -> String {
    format!(
        "您还没有使用权限。\n您的用户 ID：\n{user}\n配对码：\n{code}\n\
         请联系本助手的负责人执行：\n{command}\n配对码一小时内有效。"
    )
}

/// "Access was granted: you may write now."
pub const PAIRING_APPROVED: &str = "✅ 您的使用权限已开通，现在可以直接发消息了。";

/// "This account is not assigned to an agent yet. Account: … Please ask the administrator to
/// add to `bindings` of the configuration: …"
pub fn binding_missing(account: &str, binding: &str) -> String {
    format!(
        "⚠️ 本账号还没有分配智能助手，消息未被处理。\n账号：{account}\n\
         请管理员在配置的 bindings 中添加：\n{binding}"
    )
}

/// "The agent that should answer here is not available. Account: … Please tell the
/// administrator to check `agents` and `bindings` of the configuration."
pub fn agent_unavailable(account: &str) -> String {
    format!(
        "⚠️ 负责本会话的智能助手不可用，消息未被处理。\n账号：{account}\n\
         请管理员检查配置中的 agents 和 bindings。"
    )
}

/// "You are not allowed to use this command here. Your user id: … The administrator can allow
/// it at: …"
pub fn command_refused(user: &str, key: &str) -> String {
    format!("⛔ 您无权在这里使用该命令。\n您的用户 ID：\n{user}\n管理员可在配置项 {key} 中开通。")
}

/// "Commands: …"; back ends' own commands follow ours.
pub fn help(backend: &[&str]) -> String {
    let mut text = "可用命令：\n\
        /new 开始新的会话\n\
        /reset 清空当前会话\n\
        /stop 停止当前的回答\n\
        /status 查看当前状态\n\
        /whoami 查看您的用户 ID\n\
        /help 显示本说明"
        .to_owned();
    for name in backend {
        text.push_str("\n/");
        text.push_str(name);
    }
    text
}

/// "Your user id: …", and in a group "Group id: …".
pub fn who_am_i(user: &str, group: Option<&str>) -> String {
    match group {
        None => format!("您的用户 ID：\n{user}"),
        Some(group) => format!("您的用户 ID：\n{user}\n群 ID：\n{group}"),
    }
}

/// What `/status` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status<'a> {
    /// Id of the agent.
    pub agent: &'a str,
    /// The account's id.
    pub account: &'a str,
    /// Whether the account is connected.
    pub connected: bool,
    /// Whether the conversation is a group's.
    pub group: bool,
    /// Whether an answer is being made.
    pub running: bool,
    /// Messages that wait behind it.
    pub waiting: usize,
}

/// "Agent: … / Conversation: own | this group's / Account: … (connected | reconnecting) /
/// Answering: yes | no, … waiting".
pub fn status(status: &Status<'_>) -> String {
    let Status {
        agent,
        account,
        connected,
        group,
        running,
        waiting,
    } = *status;
    let session = if group {
        "本群会话"
    } else {
        "单聊会话"
    };
    let state = if connected {
        "已连接"
    } else {
        "重新连接中"
    };
    let work = if running { "正在回答" } else { "空闲" };
    format!(
        "助手：{agent}\n会话：{session}\n账号：{account}（{state}）\n状态：{work}，排队 {waiting} 条"
    )
}

/// "A new conversation begins." The answer to `/new` and `/reset`.
pub const SESSION_NEW: &str = "✅ 已开始新的会话。";
