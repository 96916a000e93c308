//! What WeCom's error numbers mean for the next step.

use std::fmt;
use std::time::Duration;

/// `errcode` of an answer, other than 0. Texts beside it change; the number decides.
///
/// | Class | Codes |
/// |---|---|
/// | [`Busy`](CodeClass::Busy) | −1 |
/// | [`Token`](CodeClass::Token) | 40001, 40014, 42001 |
/// | [`Rate`](CodeClass::Rate) | 45009, 45033 |
/// | [`Configuration`](CodeClass::Configuration) | 40013, 40054–40056, 41001–41033, 48002–48006, 50003, 60020, 301002 |
/// | [`Receiver`](CodeClass::Receiver) | 40003, 40031, 40032, 40050, 40066–40071, 43004, 46004, 50002, 60011, 60021, 60111, 81011, 81013, 82001–82003, 86001–86224, 92000, 301021, 301023 |
/// | [`Content`](CodeClass::Content) | media (4000x, 40123, 44001, 45001, 45007, 30101x), text (44004, 45002, 85002), cards (42014–42022, 42045), parameters |
/// | [`Unknown`](CodeClass::Unknown) | all others |
///
/// See the [vendor's list](https://developer.work.weixin.qq.com/document/path/90313).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiCode(i64);

/// What a number means for the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeClass {
    /// The service is busy: again after a pause.
    Busy,
    /// The token is no longer good: again with a new one. Of the token request itself it
    /// means that the secret is wrong.
    Token,
    /// Too many calls: again after [`ApiCode::pause`].
    Rate,
    /// The operator has to put something right; a repeat changes nothing.
    Configuration,
    /// The receivers can't be reached by this app.
    Receiver,
    /// The content or a file is not taken as it is.
    Content,
    /// Not known here: not repeated.
    Unknown,
}

impl ApiCode {
    /// Wraps a number as received.
    pub fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub fn number(self) -> i64 {
        self.0
    }

    /// What it means for the next step.
    pub fn class(self) -> CodeClass {
        match self.0 {
            -1 => CodeClass::Busy,
            40_001 | 40_014 | 42_001 => CodeClass::Token,
            45_009 | 45_033 => CodeClass::Rate,
            40_013
            | 40_054..=40_056
            | 41_001
            | 41_002
            | 41_004
            | 41_006
            | 41_009
            | 41_011
            | 41_016
            | 41_033
            | 48_002
            | 48_004
            | 48_006
            | 50_003
            | 60_020
            | 301_002 => CodeClass::Configuration,
            40_003
            | 40_031
            | 40_032
            | 40_050
            | 40_066
            | 40_068
            | 40_070
            | 40_071
            | 43_004
            | 46_004
            | 50_002
            | 60_011
            | 60_021
            | 60_111
            | 81_011
            | 81_013
            | 82_001..=82_003
            | 86_001
            | 86_003
            | 86_008
            | 86_101
            | 86_201
            | 86_205
            | 86_206
            | 86_216
            | 86_217
            | 86_220
            | 86_224
            | 92_000
            | 301_021
            | 301_023 => CodeClass::Receiver,
            40_004..=40_009
            | 40_011
            | 40_033
            | 40_035
            | 40_039
            | 40_058
            | 40_063
            | 40_074
            | 40_094
            | 40_123
            | 42_014..=42_022
            | 42_045
            | 44_001
            | 44_004
            | 45_001
            | 45_002
            | 45_007
            | 45_008
            | 45_034
            | 85_002
            | 301_015..=301_017 => CodeClass::Content,
            _ => CodeClass::Unknown,
        }
    }

    /// How long to wait before the one repeat that a [`Rate`](CodeClass::Rate) limit allows:
    /// minute limits block for 60 s, too many calls at a time for a moment.
    pub fn pause(self) -> Option<Duration> {
        match self.0 {
            45_009 => Some(Duration::from_mins(1)),
            45_033 => Some(Duration::from_secs(2)),
            _ => None,
        }
    }

    /// Whether the text is too long: shorter pieces may pass.
    pub fn is_too_long(self) -> bool {
        self.0 == 45_002
    }

    /// Whether a file is not taken as a picture, voice message or video: it may pass as a
    /// file.
    pub fn is_kind_refused(self) -> bool {
        matches!(
            self.0,
            40_004 | 40_009 | 40_011 | 40_123 | 301_016 | 301_017
        )
    }

    /// Whether WeCom has no such upload any more: uploaded again, it may pass.
    pub fn is_media_gone(self) -> bool {
        self.0 == 40_007
    }

    /// Whether a file has too many bytes for what it is to be.
    pub fn is_size(self) -> bool {
        matches!(self.0, 40_006 | 40_009 | 40_011 | 45_001 | 45_007)
    }

    /// Whether the answer to the token request says that the app is set up wrongly: to ask
    /// again at once is pointless.
    pub fn is_credential(self) -> bool {
        matches!(self.0, 40_001 | 40_013 | 41_000..=41_999)
    }

    /// What the operator can do about it, where that is known.
    pub fn advice(self) -> Option<&'static str> {
        Some(match self.0 {
            40_001 => {
                "the secret is not this app's: copy agent.corpSecret again from the app's page in \
                 the admin console"
            }
            40_003 | 46_004 | 60_111 => {
                "no member has this id: it is the account name (账号) of the directory, not the \
                 display name"
            }
            40_013 => {
                "the company id is wrong: agent.corpId is at the foot of the admin console's page \
                 我的企业 (My Company)"
            }
            40_056 | 301_002 => {
                "agent.agentId is not the app that agent.corpSecret belongs to: copy both from the \
                 same page of the admin console"
            }
            43_004 => "the member has not activated WeCom yet",
            45_009 => {
                "WeCom's limit on calls is used up: minute limits end after 60 s, hour limits after \
                 an hour"
            }
            48_002 | 48_004 | 48_006 => {
                "the app may not use this interface: look at its permissions in the admin console"
            }
            50_002 | 60_011 | 60_021 | 81_011 | 92_000 => {
                "the receiver is outside of the app's visible range (可见范围): widen it in the \
                 admin console"
            }
            50_003 => "the app is switched off in the admin console",
            60_020 => {
                "WeCom does not know the address this machine calls from: add it to the app's \
                 trusted addresses (企业可信IP, which takes a minute to count), or go out through a \
                 known one with network.egressProxyUrl"
            }
            81_013 => {
                "none of the receivers exists within the app's visible range (可见范围): check the \
                 ids and the range"
            }
            86_008 => {
                "the app can write only into chats that it created itself: send to the members \
                 instead"
            }
            _ => return None,
        })
    }
}

impl fmt::Display for ApiCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_class() {
        let table: [(CodeClass, &[i64]); 7] = [
            (CodeClass::Busy, &[-1]),
            (CodeClass::Token, &[40_001, 40_014, 42_001]),
            (CodeClass::Rate, &[45_009, 45_033]),
            (
                CodeClass::Configuration,
                &[
                    40_013, 40_054, 40_055, 40_056, 41_001, 41_002, 41_004, 41_006, 41_009, 41_011,
                    41_016, 41_033, 48_002, 48_004, 48_006, 50_003, 60_020, 301_002,
                ],
            ),
            (
                CodeClass::Receiver,
                &[
                    40_003, 40_031, 40_032, 40_050, 40_066, 40_068, 40_070, 40_071, 43_004, 46_004,
                    50_002, 60_021, 92_000, 60_011, 60_111, 81_011, 81_013, 82_001, 82_002, 82_003,
                    86_001, 86_003, 86_008, 86_101, 86_201, 86_205, 86_206, 86_216, 86_217, 86_220,
                    86_224, 301_021, 301_023,
                ],
            ),
            (
                CodeClass::Content,
                &[
                    40_004, 40_005, 40_006, 40_007, 40_008, 40_009, 40_011, 40_033, 40_035, 40_039,
                    40_058, 40_063, 40_074, 40_094, 40_123, 42_014, 42_022, 42_045, 44_001, 44_004,
                    45_001, 45_002, 45_007, 45_008, 45_034, 85_002, 301_015, 301_016, 301_017,
                ],
            ),
            (
                CodeClass::Unknown,
                &[1, 40_010, 40_012, 42_013, 42_023, 846_605, 301_005, -2],
            ),
        ];
        for (class, numbers) in table {
            for number in numbers {
                assert_eq!(ApiCode::new(*number).class(), class, "{number}");
            }
        }
    }

    #[test]
    fn only_rate_limits_have_a_pause() {
        for number in -10..400_000 {
            let code = ApiCode::new(number);
            let is_rate = code.class() == CodeClass::Rate;
            assert_eq!(code.pause().is_some(), is_rate, "{number}");
        }
    }

    #[test]
    fn what_may_pass_as_a_file_is_about_the_content() {
        for number in 0..400_000 {
            let code = ApiCode::new(number);
            if code.is_kind_refused() || code.is_media_gone() || code.is_size() {
                assert_eq!(code.class(), CodeClass::Content, "{number}");
            }
        }
    }
}
