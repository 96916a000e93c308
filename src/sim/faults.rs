//! What can be made to go wrong, per bot.

use serde::{Deserialize, Serialize};

/// A request for faults: what is absent stays as it is. The body of
/// `PUT /sim/faults/{bot}`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an action of its own, named by its key in JSON"
)]
pub struct FaultRequest {
    /// Cut the live TCP connection now.
    pub drop: bool,
    /// From now on read from the live connection, but neither act nor answer nor push.
    /// The link stays; a new connection works.
    pub half_open: bool,
    /// Tell the live connection that another one took over, and close it after
    /// `kick_close_ms`.
    pub kick: bool,
    /// Take the live connection's subscription away without a word (846609).
    pub unsubscribe: bool,
    /// Expire every stream that was begun before now (846608).
    pub expire_streams: bool,
    /// Forget every `req_id` given out before now (846605).
    pub forget_req_ids: bool,
    /// Refuse TCP connections for so many milliseconds. Holds for the whole listener,
    /// the control API included; what is connected stays.
    pub refuse_tcp: Option<u64>,
    /// Delay of every ack.
    pub ack_delay_ms: Option<u64>,
    /// Acks to lose. The frames take effect.
    pub ack_loss: Option<AckLosses>,
    /// Errors to answer instead of acting.
    pub ack_errors: Option<Vec<AckError>>,
    /// Subscribes to refuse.
    pub refuse_subscribe: Option<RefuseSubscribe>,
    /// Subscribes to leave without an answer.
    pub ignore_subscribe: Option<IgnoreSubscribe>,
    /// How long a kicked connection stays open.
    pub kick_close_ms: Option<u64>,
    /// How long streams can be changed after their first frame.
    pub stream_life_ms: Option<u64>,
    /// Cut the connection after so many frames more (pings and subscribes not counted);
    /// the last one takes effect, and its ack is lost.
    pub disconnect_after_frames: Option<u64>,
    /// Whether pushes without an answer are pushed again after a subscribe.
    pub redeliver_on_connect: Option<bool>,
}

/// Acks to lose: a number for whatever comes next, or some per command.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum AckLosses {
    /// So many, of any command but subscribe and ping.
    Any(u32),
    /// Of one command.
    One(AckLoss),
    /// Of several commands.
    Several(Vec<AckLoss>),
}

/// Acks of one command to lose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AckLoss {
    /// The command; absent for any but subscribe and ping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmd: Option<String>,
    /// How many.
    #[serde(default = "once")]
    pub times: u32,
}

/// An error to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AckError {
    /// The command; absent for any but subscribe and ping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmd: Option<String>,
    /// The code.
    pub errcode: i64,
    /// The text.
    #[serde(default)]
    pub errmsg: String,
    /// How often.
    #[serde(default = "once")]
    pub times: u32,
}

/// Subscribes to refuse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefuseSubscribe {
    /// The code.
    pub errcode: i64,
    /// The text.
    #[serde(default)]
    pub errmsg: String,
    /// How often.
    #[serde(default = "once")]
    pub times: u32,
}

/// Subscribes to leave without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IgnoreSubscribe {
    /// How often.
    #[serde(default = "once")]
    pub times: u32,
}

/// Faults that stand. `GET /sim/faults/{bot}` shows them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Faults {
    /// Delay of every ack.
    pub ack_delay_ms: u64,
    /// Acks still to be lost.
    pub ack_loss: Vec<AckLoss>,
    /// Errors still to be answered.
    pub ack_errors: Vec<AckError>,
    /// Subscribes still to be refused.
    pub refuse_subscribe: Option<RefuseSubscribe>,
    /// Subscribes still to be left without an answer.
    pub ignore_subscribe: u32,
    /// How long a kicked connection stays open; `None` is the simulator's own setting.
    pub kick_close_ms: Option<u64>,
    /// Life of streams; `None` is the simulator's own setting.
    pub stream_life_ms: Option<u64>,
    /// Frames until the connection is cut.
    pub disconnect_after_frames: Option<u64>,
    /// Whether pushes without an answer are pushed again after a subscribe.
    pub redeliver_on_connect: bool,
}

impl Faults {
    /// Takes over the standing part of a request.
    pub(super) fn take_over(&mut self, request: &FaultRequest) {
        if let Some(ms) = request.ack_delay_ms {
            self.ack_delay_ms = ms;
        }
        if let Some(losses) = &request.ack_loss {
            self.ack_loss = match losses.clone() {
                AckLosses::Any(times) => vec![AckLoss { cmd: None, times }],
                AckLosses::One(loss) => vec![loss],
                AckLosses::Several(losses) => losses,
            };
            self.ack_loss.retain(|loss| loss.times > 0);
        }
        if let Some(errors) = &request.ack_errors {
            self.ack_errors.clone_from(errors);
        }
        if let Some(refuse) = &request.refuse_subscribe {
            self.refuse_subscribe = Some(refuse.clone()).filter(|refuse| refuse.times > 0);
        }
        if let Some(ignore) = request.ignore_subscribe {
            self.ignore_subscribe = ignore.times;
        }
        if request.kick_close_ms.is_some() {
            self.kick_close_ms = request.kick_close_ms;
        }
        if request.stream_life_ms.is_some() {
            self.stream_life_ms = request.stream_life_ms;
        }
        if request.disconnect_after_frames.is_some() {
            self.disconnect_after_frames = request.disconnect_after_frames;
        }
        if let Some(redeliver) = request.redeliver_on_connect {
            self.redeliver_on_connect = redeliver;
        }
    }

    /// Uses up one refusal of a subscribe, if one is due.
    pub(super) fn next_refusal(&mut self) -> Option<(i64, String)> {
        let refuse = self.refuse_subscribe.as_mut()?;
        let answer = use_up(&mut refuse.times).then(|| (refuse.errcode, refuse.errmsg.clone()));
        if refuse.times == 0 {
            self.refuse_subscribe = None;
        }
        answer
    }

    /// Uses up one subscribe without an answer, if one is due.
    pub(super) fn next_ignored_subscribe(&mut self) -> bool {
        use_up(&mut self.ignore_subscribe)
    }

    /// Uses up one error for `cmd`, if one is due.
    pub(super) fn next_error(&mut self, cmd: &str) -> Option<(i64, String)> {
        let found = self
            .ack_errors
            .iter_mut()
            .find(|error| concerns(error.cmd.as_deref(), cmd) && error.times > 0)?;
        found.times -= 1;
        let answer = (found.errcode, found.errmsg.clone());
        self.ack_errors.retain(|error| error.times > 0);
        Some(answer)
    }

    /// Uses up one loss of an ack of `cmd`, if one is due.
    pub(super) fn next_loss(&mut self, cmd: &str) -> bool {
        let found = self
            .ack_loss
            .iter_mut()
            .find(|loss| concerns(loss.cmd.as_deref(), cmd) && loss.times > 0);
        let lost = found.is_some_and(|loss| use_up(&mut loss.times));
        self.ack_loss.retain(|loss| loss.times > 0);
        lost
    }

    /// Counts a frame; `true` when the connection is to be cut after it.
    pub(super) fn next_disconnect(&mut self) -> bool {
        let Some(left) = self.disconnect_after_frames.as_mut() else {
            return false;
        };
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.disconnect_after_frames = None;
            return true;
        }
        false
    }
}

/// Whether a fault for `wanted` concerns `cmd`. Without a command it concerns business
/// frames only: who wants heartbeats to fail says so.
fn concerns(wanted: Option<&str>, cmd: &str) -> bool {
    match wanted {
        Some(wanted) => wanted == cmd,
        None => cmd != super::rules::PING && cmd != super::rules::SUBSCRIBE,
    }
}

fn use_up(times: &mut u32) -> bool {
    let due = *times > 0;
    *times = times.saturating_sub(1);
    due
}

fn once() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(json: &str) -> Faults {
        let request: FaultRequest = serde_json::from_str(json).unwrap();
        let mut faults = Faults::default();
        faults.take_over(&request);
        faults
    }

    #[test]
    fn losses_are_used_up_by_the_frames_they_concern() {
        let mut any = faults(r#"{"ack_loss": 1}"#);
        assert!(!any.next_loss("ping"));
        assert!(any.next_loss("aibot_send_msg"));
        assert!(!any.next_loss("aibot_send_msg"));

        let mut ping = faults(r#"{"ack_loss": {"cmd": "ping", "times": 2}}"#);
        assert!(!ping.next_loss("aibot_send_msg"));
        assert!(ping.next_loss("ping") && ping.next_loss("ping") && !ping.next_loss("ping"));

        let mut two = faults(r#"{"ack_loss": [{"cmd": "a"}, {"cmd": "b"}]}"#);
        assert!(two.next_loss("b") && !two.next_loss("b") && two.next_loss("a"));
    }

    #[test]
    fn errors_come_in_order_and_end() {
        let mut faults = faults(
            r#"{"ack_errors": [{"errcode": 1, "errmsg": "x", "times": 2},
                               {"cmd": "c", "errcode": 2}]}"#,
        );
        assert_eq!(faults.next_error("c"), Some((1, "x".to_owned())));
        assert_eq!(faults.next_error("d"), Some((1, "x".to_owned())));
        assert_eq!(faults.next_error("d"), None);
        assert_eq!(faults.next_error("c"), Some((2, String::new())));
        assert_eq!(faults, Faults::default());
    }

    #[test]
    fn subscribes_are_refused_and_ignored_so_often() {
        let mut faults =
            faults(r#"{"refuse_subscribe": {"errcode": 7, "times": 1}, "ignore_subscribe": {}}"#);
        assert_eq!(faults.next_refusal(), Some((7, String::new())));
        assert_eq!(faults.next_refusal(), None);
        assert!(faults.next_ignored_subscribe() && !faults.next_ignored_subscribe());
    }

    #[test]
    fn the_last_of_n_frames_cuts() {
        let mut faults = faults(r#"{"disconnect_after_frames": 2}"#);
        assert!(!faults.next_disconnect());
        assert!(faults.next_disconnect());
        assert!(!faults.next_disconnect());
    }

    #[test]
    fn zero_times_is_none() {
        let json = r#"{"ack_loss": 0, "refuse_subscribe": {"errcode": 1, "times": 0}}"#;
        assert_eq!(faults(json), Faults::default());
    }

    #[test]
    fn an_unknown_fault_is_refused() {
        assert!(serde_json::from_str::<FaultRequest>(r#"{"dorp": true}"#).is_err());
    }
}
