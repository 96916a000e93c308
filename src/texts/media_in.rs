//! What people and agents are told about attachments that did not arrive.

use crate::agent::AttachmentKind;

/// Bytes of a megabyte, as WeCom counts.
const MB: u64 = 1024 * 1024;

/// "The picture / file / video was larger than … MB, so it was not handled. The limit is the
/// setting media.maxBytes; please send a smaller one, or ask the administrator to raise it."
pub fn too_large(kind: AttachmentKind, limit_bytes: u64) -> String {
    format!(
        "⚠️ {}超过 {} MB 的大小上限，这条消息没有被处理。请压缩或拆分后重新发送，或请管理员调大设置项 media.maxBytes。",
        noun(kind),
        megabytes(limit_bytes)
    )
}

/// "(The user sent a picture / file / video here, but it could not be read.)" Stands in the
/// text that the agent gets, one line for each.
pub fn unreadable(kind: AttachmentKind) -> String {
    format!(
        "（用户在这里发送了{}，但未能成功读取）",
        match kind {
            AttachmentKind::Image => "一张图片",
            AttachmentKind::File => "一个文件",
            AttachmentKind::Video => "一个视频",
        }
    )
}

/// "The attachment could not be fetched. Please send it again." The answer to a message that
/// had nothing else.
pub const NOT_FETCHED: &str = "⚠️ 附件获取失败，请重新发送。";

fn noun(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::Image => "图片",
        AttachmentKind::File => "文件",
        AttachmentKind::Video => "视频",
    }
}

/// With at most two decimals, and none that say nothing; rounded down, since it is a limit.
fn megabytes(bytes: u64) -> String {
    let hundredths = u128::from(bytes) * 100 / u128::from(MB);
    let (whole, part) = (hundredths / 100, hundredths % 100);
    match part {
        0 => whole.to_string(),
        part if part % 10 == 0 => format!("{whole}.{}", part / 10),
        part => format!("{whole}.{part:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_told_in_megabytes() {
        for (bytes, text) in [
            (20 * MB, "20"),
            (MB + MB / 2, "1.5"),
            (MB / 20, "0.05"),
            (5_000_000, "4.76"),
        ] {
            assert_eq!(megabytes(bytes), text);
        }
        let told = too_large(AttachmentKind::Video, 20 * MB);
        assert!(told.contains("视频超过 20 MB") && told.contains("media.maxBytes"));
    }

    #[test]
    fn each_kind_has_its_line() {
        assert!(unreadable(AttachmentKind::Image).contains("图片"));
        assert!(unreadable(AttachmentKind::File).contains("文件"));
        assert!(unreadable(AttachmentKind::Video).contains("视频"));
    }
}
