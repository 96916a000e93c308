//! What people read about jobs that fail.

use crate::cron::job::RunFailure;

/// "⚠️ The scheduled job “…” failed (3 times in a row): the network could not be reached. Next
/// attempt: 2026-03-06 09:00 (Asia/Shanghai)."
pub fn failed(name: &str, why: RunFailure, times: u32, what_next: &str) -> String {
    let why = reason(why);
    let times = if times > 1 {
        format!("（连续第 {times} 次）")
    } else {
        String::new()
    };
    format!("⚠️ 定时任务「{name}」执行失败{times}：{why}。{what_next}")
}

/// "⚠️ The scheduled job “…” was skipped 3 times in a row."
pub fn skipped(name: &str, times: u32, what_next: &str) -> String {
    format!("⚠️ 定时任务「{name}」已连续 {times} 次被跳过。{what_next}")
}

/// "✅ The scheduled job “…” works again."
pub fn recovered(name: &str) -> String {
    format!("✅ 定时任务「{name}」已恢复正常。")
}

/// "Next attempt: …."
pub fn next_attempt(at: &str) -> String {
    format!("下次执行：{at}。")
}

/// "The job is switched off and does not run by itself any more."
pub const SWITCHED_OFF: &str = "任务已停用，不会再自动执行。";

/// What went wrong, in a sentence without a full stop.
fn reason(why: RunFailure) -> &'static str {
    match why {
        // "there were too many requests"
        RunFailure::RateLimit => "请求过于频繁",
        // "the model is busy"
        RunFailure::Overloaded => "模型服务繁忙",
        // "the network could not be reached"
        RunFailure::Network => "网络连接失败",
        // "it took too long"
        RunFailure::Timeout => "执行超时",
        // "the service at the other end failed"
        RunFailure::ServerError => "对方服务出错",
        // "the program was interrupted"
        RunFailure::Interrupted => "程序中断",
        // "the result could not be delivered"
        RunFailure::Delivery => "结果无法送达",
        // "the configuration is not right"
        RunFailure::Config => "配置有误",
        // "the model's key was refused"
        RunFailure::Auth => "模型服务鉴权失败",
        // "the model's account has no money left"
        RunFailure::Billing => "模型服务账户余额不足",
        // "the prompt is too long"
        RunFailure::Context => "提示内容过长",
        // "the request was wrong"
        RunFailure::Invalid => "请求无效",
        // "it was due too long ago"
        RunFailure::Stale => "已错过执行时间",
        // "the run before it was not over"
        RunFailure::AlreadyRunning => "上一次执行尚未结束",
        // "the reason is in the log"
        RunFailure::Unknown => "原因请查看日志",
    }
}
