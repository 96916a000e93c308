//! What a chat is told about files that an agent sent, or could not send. Plain text; a
//! `name` is the last component, never a path.

use std::time::Duration;

/// "The picture {name} has {size}, over the limit of {limit}; it was sent as a file."
pub fn too_large_for_kind(kind: &str, name: &str, size: u64, limit: u64) -> String {
    format!(
        "⚠️ {kind}“{name}”大小为 {}，超过{kind}的 {} 上限，已改为以文件形式发送。",
        megabytes(size),
        megabytes(limit)
    )
}

/// "The picture {name} has the format {found}; WeCom shows only {taken}; it was sent as a
/// file."
pub fn format_not_shown(kind: &str, name: &str, found: &str, taken: &str) -> String {
    format!(
        "⚠️ {kind}“{name}”的格式为 {found}，企业微信的{kind}消息只支持 {taken}，已改为以文件形式发送。"
    )
}

/// "The voice message {name} plays for {time}, over the limit of 60 seconds; it was sent as
/// a file."
pub fn voice_too_long(name: &str, time: Duration) -> String {
    let seconds = time.as_millis().div_ceil(1_000);
    format!("⚠️ 语音“{name}”时长 {seconds} 秒，超过语音消息的 60 秒上限，已改为以文件形式发送。")
}

/// "WeCom did not take {name} as a picture; it was sent as a file."
pub fn kind_refused(kind: &str, name: &str) -> String {
    format!("⚠️ 企业微信未接受以{kind}形式发送“{name}”，已改为以文件形式发送。")
}

/// "{name} has {size}, over WeCom's limit of 20 MB, and can't be sent. Please compress it or
/// split it."
pub fn over_wecom_limit(name: &str, size: Option<u64>, limit: u64) -> String {
    format!(
        "❌ 文件“{name}”{}，超过企业微信的 {} 上限，无法发送。请压缩或拆分后再试。",
        size_of(size),
        megabytes(limit)
    )
}

/// "{name} has {size}, over this service's limit of {limit} (setting media.maxBytes), and
/// can't be sent. Please compress it or split it."
pub fn over_own_limit(name: &str, size: Option<u64>, limit: u64) -> String {
    format!(
        "❌ 文件“{name}”{}，超过本服务的 {} 上限（配置项 media.maxBytes），无法发送。请压缩或拆分后再试。",
        size_of(size),
        megabytes(limit)
    )
}

/// "{name} has only {size} bytes; WeCom takes files of more than 5 bytes, so it can't be
/// sent."
pub fn too_small(name: &str, size: u64) -> String {
    format!("❌ 文件“{name}”只有 {size} 字节，企业微信要求文件大于 5 字节，无法发送。")
}

/// "{name} is empty and was not sent."
pub fn empty(name: &str) -> String {
    format!("❌ 文件“{name}”是空文件，未发送。")
}

/// "{name} is not in a folder that files may be sent from and was not sent. An administrator
/// can add its folder to the setting mediaLocalRoots."
pub fn not_allowed(name: &str) -> String {
    format!(
        "❌ 文件“{name}”不在允许发送的目录中，未发送。如需发送，请管理员把所在目录加入配置项 mediaLocalRoots。"
    )
}

/// "{name} was not found and not sent."
pub fn not_found(name: &str) -> String {
    format!("❌ 找不到文件“{name}”，未发送。")
}

/// "{name} is not a file and was not sent."
pub fn not_a_file(name: &str) -> String {
    format!("❌ “{name}”不是可以发送的文件，未发送。")
}

/// "{name} could not be fetched and was not sent."
pub fn not_fetched(name: &str) -> String {
    format!("❌ 无法获取文件“{name}”，未发送。")
}

/// "{name} is no valid address of a file and was not sent."
pub fn invalid(name: &str) -> String {
    format!("❌ “{name}”不是有效的文件地址，未发送。")
}

/// "{name} could not be sent. Please try again later."
pub fn not_sent(name: &str) -> String {
    format!("❌ 文件“{name}”发送失败，请稍后再试。")
}

/// "Too many messages or files were sent just now, so {name} was not sent. Please try again
/// later."
pub fn too_often(name: &str) -> String {
    format!("❌ 短时间内发送的消息或文件过多，文件“{name}”未发送，请稍后再试。")
}

/// "It is not certain whether {name} has arrived. If you don't see it, please ask for it
/// again."
pub fn unconfirmed(name: &str) -> String {
    format!("⚠️ 未能确认文件“{name}”是否送达，如未收到，请让我重新发送。")
}

/// "Address: {url}", behind the text of a failure.
pub fn address(url: &str) -> String {
    format!("\n地址：{url}")
}

/// "Picture".
pub const IMAGE: &str = "图片";
/// "Video".
pub const VIDEO: &str = "视频";
/// "Voice message".
pub const VOICE: &str = "语音";
/// "File".
pub const FILE: &str = "文件";

/// "has {size}", or "is too large" where the size is not known.
fn size_of(size: Option<u64>) -> String {
    size.map_or_else(
        || "过大".to_owned(),
        |size| format!("大小为 {}", megabytes(size)),
    )
}

/// Mebibytes with two decimals, as `10.49 MB`. What is over a limit never reads as the limit
/// itself: it is rounded up.
fn megabytes(bytes: u64) -> String {
    const MIB: u128 = 1024 * 1024;
    let hundredths = (u128::from(bytes) * 100).div_ceil(MIB);
    format!("{}.{:02} MB", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_decimals_and_are_rounded_up() {
        for (bytes, text) in [
            (0, "0.00 MB"),
            (1, "0.01 MB"),
            (10_485_760, "10.00 MB"),
            (10_485_761, "10.01 MB"),
            (20_971_520, "20.00 MB"),
            (26_476_544, "25.25 MB"),
            (u64::MAX, "17592186044416.00 MB"),
        ] {
            assert_eq!(megabytes(bytes), text);
        }
    }
}
