use std::io;
use std::time::Duration;

use super::*;
use crate::channel::media::outbound::{FetchError, SentMedia};
use crate::files::FileError;
use crate::wecom::bot::SendError;

const MIB: u64 = 1024 * 1024;

fn outcome(delivery: MediaDelivery) -> MediaOutcome {
    MediaOutcome {
        name: "a.png".to_owned(),
        url: None,
        delivery,
    }
}

fn sent(note: Option<Note>) -> MediaOutcome {
    outcome(MediaDelivery::Delivered(SentMedia {
        kind: UploadKind::File,
        note,
        message_id: Some("r".into()),
    }))
}

fn failed(failure: impl Into<MediaFailure>) -> MediaOutcome {
    outcome(MediaDelivery::Failed(failure.into()))
}

#[test]
fn what_went_well_is_not_spoken_of() {
    assert_eq!(closing_notes(&[]), None);
    assert_eq!(closing_notes(&[sent(None), sent(None)]), None);
}

#[test]
fn every_note_and_failure_has_its_sentence() {
    let image = UploadKind::Image;
    let too_large = |size| MediaError::TooLarge {
        size,
        limit: 20 * MIB,
    };
    let unknown = MediaDelivery::Unknown(SentMedia {
        kind: image,
        note: None,
        message_id: None,
    });
    for (outcome, expected) in [
        (
            sent(Some(Note::TooLarge {
                kind: image,
                size: 10 * MIB + 1,
                limit: 10 * MIB,
            })),
            "⚠️ 图片“a.png”大小为 10.01 MB，超过图片的 10.00 MB 上限，已改为以文件形式发送。",
        ),
        (
            sent(Some(Note::Format {
                kind: UploadKind::Voice,
                found: "audio/mpeg".to_owned(),
            })),
            "⚠️ 语音“a.png”的格式为 audio/mpeg，企业微信的语音消息只支持 AMR，已改为以文件形式发送。",
        ),
        (
            sent(Some(Note::TooLong {
                time: Duration::from_millis(60_020),
            })),
            "⚠️ 语音“a.png”时长 61 秒，超过语音消息的 60 秒上限，已改为以文件形式发送。",
        ),
        (
            sent(Some(Note::Refused {
                kind: UploadKind::Video,
            })),
            "⚠️ 企业微信未接受以视频形式发送“a.png”，已改为以文件形式发送。",
        ),
        (
            failed(too_large(Some(25 * MIB))),
            "❌ 文件“a.png”大小为 25.00 MB，超过企业微信的 20.00 MB 上限，无法发送。请压缩或拆分后再试。",
        ),
        (
            failed(too_large(None)),
            "❌ 文件“a.png”过大，超过企业微信的 20.00 MB 上限，无法发送。请压缩或拆分后再试。",
        ),
        (
            failed(Rejection::TooLarge {
                size: 2 * MIB,
                limit: MIB,
            }),
            "❌ 文件“a.png”大小为 2.00 MB，超过本服务的 1.00 MB 上限（配置项 media.maxBytes），无法发送。请压缩或拆分后再试。",
        ),
        (
            failed(Rejection::TooSmall { size: 5 }),
            "❌ 文件“a.png”只有 5 字节，企业微信要求文件大于 5 字节，无法发送。",
        ),
        (
            failed(MediaError::Empty),
            "❌ 文件“a.png”是空文件，未发送。",
        ),
        (
            failed(MediaError::NotFound),
            "❌ 找不到文件“a.png”，未发送。",
        ),
        (
            failed(MediaError::NotAFile),
            "❌ “a.png”不是可以发送的文件，未发送。",
        ),
        (
            failed(MediaError::FetchFailed(FetchError::Disk(
                io::ErrorKind::TimedOut.into(),
            ))),
            "❌ 无法获取文件“a.png”，未发送。",
        ),
        (
            failed(MediaError::InvalidReference("x")),
            "❌ “a.png”不是有效的文件地址，未发送。",
        ),
        (
            failed(UploadError::TimedOut),
            "❌ 文件“a.png”发送失败，请稍后再试。",
        ),
        (
            failed(SendError::NotConnected),
            "❌ 文件“a.png”发送失败，请稍后再试。",
        ),
        (
            failed(UploadError::Quota {
                wait: Duration::from_secs(90),
            }),
            "❌ 短时间内发送的消息或文件过多，文件“a.png”未发送，请稍后再试。",
        ),
        (
            outcome(unknown),
            "⚠️ 未能确认文件“a.png”是否送达，如未收到，请让我重新发送。",
        ),
    ] {
        assert_eq!(closing_notes(&[outcome]).as_deref(), Some(expected));
    }
}

#[test]
fn a_path_that_is_not_allowed_is_not_repeated() {
    let refused = FileError::NotAllowed {
        given: "/home/me/.ssh/id_rsa".to_owned(),
        allowed: "files must be under /home/me/work".to_owned(),
    };
    let notes = closing_notes(&[failed(MediaError::from(refused))]).unwrap();
    assert_eq!(
        notes,
        "❌ 文件“a.png”不在允许发送的目录中，未发送。如需发送，请管理员把所在目录加入配置项 mediaLocalRoots。"
    );
}

#[test]
fn an_address_that_people_may_open_follows_its_failure() {
    let mut gone = failed(MediaError::NotFound);
    gone.url = Some("https://e.com/a.png?x=1".parse().unwrap());
    let notes = closing_notes(&[sent(None), gone, failed(MediaError::Empty)]).unwrap();
    assert_eq!(
        notes,
        "❌ 找不到文件“a.png”，未发送。\n地址：https://e.com/a.png?x=1\n\n❌ 文件“a.png”是空文件，未发送。"
    );
}
