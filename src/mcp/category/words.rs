//! Failures in the words of the one who called.

use super::failure::{Failure, RpcCode, RpcError, Stage, Trouble};
use crate::catalogue::RetryClass;
use crate::interceptors::{ErrorKind, ToolError, closest, plain};
use crate::wecom::bot::{BotError, Refusal, SendError};

/// How much of a server's message is repeated, in characters.
const MAX_MESSAGE: usize = 300;

const TRY_AGAIN: &str = "Try again in a moment; if it stays like this, tell the person.";
const LOOK_FIRST: &str = "It may have taken effect. Do not repeat it: look first whether it did, \
                          and tell the person if that can't be found out.";
const ASK_TO_AUTHORISE: &str = "Do not repeat the call. Tell the person that the bot has to be \
                                authorised for this in WeCom, and go on once they say it was.";
const STOP_CATEGORY: &str = "Do not call this category again in this conversation, and do not \
                             try other spellings. Tell the person that this is not open for \
                             the bot.";

/// What a request was, for the words about its failure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The category.
    pub(super) category: &'a str,
    /// The method; `None` is the list of methods.
    pub(super) method: Option<&'a str>,
    /// Whether it may simply be repeated.
    pub(super) class: RetryClass,
    /// Whether WeCom says that the bot is not authorised for the category.
    pub(super) is_unauthorised: bool,
}

/// A failed exchange.
pub(super) fn of_trouble(trouble: &Trouble, asked: Asked<'_>) -> ToolError {
    let was_sent = matches!(trouble.stage, Stage::Request { .. });
    let error = of_failure(&trouble.failure, asked);
    if was_sent && asked.method.is_some() && trouble.failure.may_have_run() {
        uncertain(error, asked.class)
    } else {
        error
    }
}

/// The call's whole time is over; `left` says whether its request had gone out.
pub(super) fn of_deadline(left: bool, asked: Asked<'_>) -> ToolError {
    let error = of_failure(&Failure::TimedOut, asked);
    if left && asked.method.is_some() {
        uncertain(error, asked.class)
    } else {
        error.retryable().next(TRY_AGAIN)
    }
}

/// Marks what may have taken effect; only what does no harm may be repeated then.
fn uncertain(error: ToolError, class: RetryClass) -> ToolError {
    let mut error = error.maybe_executed();
    error.retryable = false;
    match class {
        RetryClass::Safe => error,
        RetryClass::VerifyFirst | RetryClass::Never => error.next(LOOK_FIRST),
    }
}

fn of_failure(failure: &Failure, asked: Asked<'_>) -> ToolError {
    let category = asked.category;
    match failure {
        Failure::Unreachable(_) => ToolError::new(
            ErrorKind::Network,
            format!("WeCom's server for `{category}` could not be reached; nothing was sent."),
        )
        .retryable()
        .next(TRY_AGAIN),
        Failure::Broken(_) => ToolError::new(
            ErrorKind::Network,
            format!("The connection to WeCom's server for `{category}` broke."),
        )
        .next(TRY_AGAIN),
        Failure::TimedOut => {
            let error = ToolError::new(
                ErrorKind::Timeout,
                format!("WeCom's server for `{category}` did not answer in time."),
            );
            match asked.method {
                None => error.retryable().next(TRY_AGAIN),
                Some(_) => error.next(TRY_AGAIN),
            }
        }
        Failure::Status {
            status,
            retry_after,
            rpc,
        } => of_status(
            *status,
            retry_after.map(|after| after.as_secs()),
            rpc.as_ref(),
            asked,
        ),
        Failure::Rpc(error) => of_rpc(error, asked),
        Failure::TooLarge { size, limit } => ToolError::too_large(
            format!("The answer of `{category}` is larger than can be taken."),
            *size,
            *limit,
        )
        .next("Ask for less: a shorter range, fewer items, a smaller file."),
        Failure::Malformed(what) => ToolError::new(
            ErrorKind::Protocol,
            format!("What WeCom's server for `{category}` sent {what}."),
        )
        .next("Tell the person that WeCom answered in a way that could not be read."),
        Failure::File(_) => {
            ToolError::invalid_args("The file could not be read to its end; nothing was changed.")
                .reason("file_unreadable")
                .next("Check that the file is not being written to, then try again.")
        }
        Failure::Setup(why) => ToolError::new(
            ErrorKind::Internal,
            format!("The connection to WeCom can't be set up: {why}."),
        )
        .next("Tell the person that the operator has to correct the configuration."),
        Failure::Stopping => ToolError::new(ErrorKind::Cancelled, "The program is shutting down."),
    }
}

fn of_status(
    status: u16,
    retry_after: Option<u64>,
    rpc: Option<&RpcError>,
    asked: Asked<'_>,
) -> ToolError {
    let category = asked.category;
    match (status, rpc) {
        (401 | 403, _) => unauthorised(asked),
        (429, _) => {
            let mut error = ToolError::new(
                ErrorKind::RateLimited,
                format!("WeCom takes no more calls of `{category}` for the moment."),
            )
            .retryable()
            .next("Wait before the next call, and make fewer of them.");
            error.retry_after_s = retry_after;
            error
        }
        (500.., _) => ToolError::new(
            ErrorKind::Network,
            format!("WeCom's server for `{category}` is in trouble (HTTP {status})."),
        )
        .next(TRY_AGAIN),
        (404 | 410, _) => ToolError::new(
            ErrorKind::Network,
            format!("WeCom's server for `{category}` is not where WeCom said (HTTP {status})."),
        )
        .retryable()
        .next(TRY_AGAIN),
        (_, Some(error)) => of_rpc(error, asked),
        _ => ToolError::new(
            ErrorKind::Protocol,
            format!("WeCom's server for `{category}` refused the request (HTTP {status})."),
        )
        .next("Tell the person; repeating the call will not help."),
    }
}

fn of_rpc(error: &RpcError, asked: Asked<'_>) -> ToolError {
    let category = asked.category;
    let said = said(&error.message);
    let of = |kind, text: String| ToolError::new(kind, text);
    match (error.code(), asked.method) {
        (RpcCode::AuthenticationFailed, _) => unauthorised(asked),
        (RpcCode::Unavailable, _) => of(
            ErrorKind::Network,
            format!("WeCom's server for `{category}` is not available: {said}"),
        )
        .next(TRY_AGAIN),
        (RpcCode::ConfigurationChanged, _) => of(
            ErrorKind::Network,
            format!("WeCom's server for `{category}` was moved: {said}"),
        )
        .retryable()
        .next(TRY_AGAIN),
        (RpcCode::MethodNotFound, Some(method)) => unknown_method(category, method),
        (RpcCode::InvalidParams, Some(method)) if names_tool(&error.message, method) => {
            unknown_method(category, method)
        }
        (RpcCode::InvalidParams, Some(method)) => of(
            ErrorKind::InvalidArgs,
            format!("WeCom's server refused the arguments of `{method}`: {said}"),
        )
        .reason("refused_by_server")
        .next("Correct the arguments; `list` shows what the method takes."),
        _ => of(
            ErrorKind::Protocol,
            format!(
                "WeCom's server for `{category}` refused the request ({}): {said}",
                error.code
            ),
        )
        .next("Tell the person; repeating the call will not help."),
    }
}

fn names_tool(message: &str, method: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("tool")
        && (message.contains(&method.to_ascii_lowercase())
            || message.contains("unknown")
            || message.contains("not found"))
}

fn unknown_method(category: &str, method: &str) -> ToolError {
    ToolError::new(
        ErrorKind::UnknownMethod,
        format!("WeCom's server for `{category}` has no method `{method}` for this bot."),
    )
    .next(closest::advice(category, method, None))
}

fn unauthorised(asked: Asked<'_>) -> ToolError {
    let category = asked.category;
    let also = if asked.is_unauthorised {
        " WeCom says that it was not authorised for this category."
    } else {
        ""
    };
    ToolError::new(
        ErrorKind::Authorization,
        format!("WeCom's server for `{category}` does not accept the bot's key.{also}"),
    )
    .next(ASK_TO_AUTHORISE)
}

/// The question for an address failed.
pub(super) fn of_bot(error: &BotError, account: &str, category: &str) -> ToolError {
    let not_connected = |text: String| ToolError::new(ErrorKind::NotConnected, text);
    match error {
        BotError::NoBot => not_connected(format!(
            "Account `{account}` has no bot with a long connection, and no server of its own \
             is configured for `{category}`."
        ))
        .next("Tell the person that the operator has to connect the bot first."),
        BotError::Send(SendError::Refused(refusal)) => of_refusal(refusal, category),
        BotError::Send(SendError::Unknown) => address_late(category),
        BotError::Send(_) => not_connected(format!(
            "The bot of account `{account}` is not connected to WeCom at the moment."
        ))
        .retryable()
        .next(TRY_AGAIN),
    }
}

/// WeCom did not say in time where the server is.
pub(super) fn address_late(category: &str) -> ToolError {
    ToolError::new(
        ErrorKind::Timeout,
        format!("WeCom did not say in time where the server for `{category}` is."),
    )
    .retryable()
    .next(TRY_AGAIN)
}

fn of_refusal(refusal: &Refusal, category: &str) -> ToolError {
    let code = refusal.code;
    let said = said(&refusal.message);
    let mut error = if refusal.is_category_unavailable() {
        category_unavailable(format!(
            "WeCom does not offer `{category}` to this bot: {said}"
        ))
    } else if code.is_rate_limited() || code.number() == -1 {
        ToolError::new(
            ErrorKind::RateLimited,
            format!("WeCom is too busy to say where the server for `{category}` is."),
        )
        .retryable()
        .next(TRY_AGAIN)
    } else if matches!(code.number(), 850_000..=851_999 | 853_000..=853_999) {
        ToolError::new(
            ErrorKind::Authorization,
            format!("WeCom does not let this bot use `{category}`: {said}"),
        )
        .next(ASK_TO_AUTHORISE)
    } else {
        ToolError::new(
            ErrorKind::Business,
            format!("WeCom did not say where the server for `{category}` is: {said}"),
        )
        .next("Tell the person; repeating the call will not help.")
    };
    error.errcode = Some(code.number());
    error
}

/// A category that is closed to the bot.
pub(super) fn category_unavailable(message: String) -> ToolError {
    ToolError::new(ErrorKind::CategoryUnavailable, message).next(STOP_CATEGORY)
}

/// A server's message as an agent may read it.
fn said(message: &str) -> String {
    plain(message).chars().take(MAX_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wecom::bot::ErrorCode;

    const CALL: Asked<'_> = Asked {
        category: "doc",
        method: Some("create_doc"),
        class: RetryClass::VerifyFirst,
        is_unauthorised: false,
    };

    fn of(failure: Failure, stage: Stage) -> ToolError {
        of_trouble(&Trouble { failure, stage }, CALL)
    }

    fn rpc(code: i64, message: &str) -> Failure {
        Failure::Rpc(RpcError {
            code,
            message: message.to_owned(),
        })
    }

    fn status(status: u16) -> Failure {
        Failure::Status {
            status,
            retry_after: None,
            rpc: None,
        }
    }

    #[test]
    fn failures_have_kinds_and_say_whether_it_may_have_run() {
        use ErrorKind::{Authorization, InvalidArgs, Network, Protocol, RateLimited, TooLarge};
        let rows = [
            (Failure::Unreachable(String::new()), Network, false),
            (Failure::Broken(String::new()), Network, true),
            (Failure::TimedOut, ErrorKind::Timeout, true),
            (status(401), Authorization, false),
            (status(403), Authorization, false),
            (status(404), Network, false),
            (status(410), Network, false),
            (status(429), RateLimited, false),
            (status(500), Network, true),
            (status(400), Protocol, false),
            (rpc(-32001, "down"), Network, true),
            (rpc(-32002, "moved"), Network, false),
            (rpc(-32003, "auth"), Authorization, false),
            (rpc(-32600, "bad"), Protocol, false),
            (
                rpc(-32601, "Method not found"),
                ErrorKind::UnknownMethod,
                false,
            ),
            (
                rpc(-32602, "Unknown tool: create_doc"),
                ErrorKind::UnknownMethod,
                false,
            ),
            (rpc(-32602, "missing field doc_name"), InvalidArgs, false),
            (rpc(-32603, "oops"), Protocol, true),
            (Failure::TooLarge { size: 2, limit: 1 }, TooLarge, true),
            (Failure::Malformed("is empty"), Protocol, true),
        ];
        for (failure, kind, maybe_executed) in rows {
            let sent = of(failure.clone(), Stage::Request { had_session: false });
            assert_eq!(
                (sent.kind, sent.maybe_executed),
                (kind, maybe_executed),
                "{failure:?}"
            );
            assert!(!(sent.maybe_executed && sent.retryable), "{failure:?}");
            assert!(sent.next.is_some(), "{failure:?}");
            let before = of(failure.clone(), Stage::Handshake);
            assert!(!before.maybe_executed, "{failure:?}");
        }
    }

    #[test]
    fn refusals_of_the_address_have_kinds() {
        for (code, message, kind) in [
            (
                846_609,
                "unsupported mcp biz type",
                ErrorKind::CategoryUnavailable,
            ),
            (846_610, "", ErrorKind::CategoryUnavailable),
            (853_006, "", ErrorKind::CategoryUnavailable),
            (850_001, "", ErrorKind::Authorization),
            (45_009, "", ErrorKind::RateLimited),
            (40_058, "", ErrorKind::Business),
        ] {
            let refusal = Refusal {
                code: ErrorCode::new(code),
                message: message.to_owned(),
            };
            let error = of_bot(
                &BotError::Send(SendError::Refused(refusal)),
                "default",
                "doc",
            );
            assert_eq!((error.kind, error.errcode), (kind, Some(code)), "{code}");
        }
    }
}
