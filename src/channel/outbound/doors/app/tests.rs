use super::*;
use crate::wecom::api::Unsendable;

#[test]
fn what_is_certain_stays_certain() {
    let cause = || "reset".to_owned();
    for (error, expected) in [
        (ApiError::NoAnswer { cause: cause() }, "unconfirmed"),
        (ApiError::NotAnAnswer, "unconfirmed"),
        (ApiError::Http { status: 500 }, "unconfirmed"),
        (ApiError::Http { status: 503 }, "unreachable"),
        (
            ApiError::Unreachable {
                host: "h".to_owned(),
                cause: cause(),
            },
            "unreachable",
        ),
        (ApiError::OutOfTime, "out_of_time"),
        (Unsendable::Empty { what: "text" }.into(), "unsendable"),
    ] {
        let told = error.to_string();
        assert_eq!(DoorError::from(error).code(), expected, "{told}");
    }
}

#[test]
fn who_has_no_licence_did_not_get_it() {
    let sent = Sent {
        message_id: Some("M".to_owned()),
        invalid: InvalidRecipients {
            users: vec!["a".to_owned()],
            unlicensed: vec!["b".to_owned()],
            ..InvalidRecipients::default()
        },
        response_code: None,
    };
    assert_eq!(receipt(sent).invalid.users, ["a", "b"]);
}
