//! `wecom mcp config`: what to write into an MCP client's own configuration. It prints; the
//! files of other programs are theirs.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::surroundings;
use super::token::Keeper;
use crate::cli::{print, tokio_runtime};
use crate::config::{Config, Environment, Location};
use crate::daemon;
use crate::ids::UserId;
use crate::mcp::credentials::MintRequest;

/// How long a call may take in a client, in seconds: media comes within two minutes, and
/// clients give up after one where nobody says otherwise.
const CALL_S: u64 = 180;

/// Name of the environment variable that clients take the token from.
const TOKEN_VARIABLE: &str = "WECOM_MCP_TOKEN";

/// Options of `wecom mcp config`.
#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// The client
    #[arg(long, value_enum)]
    client: Client,

    /// Connect to the running daemon over HTTP, with a new token
    #[arg(long)]
    http: bool,

    /// Account whose bot acts [default: the default account]
    #[arg(long, value_name = "ID")]
    account: Option<String>,

    /// Member that its calls act for [default: none, only what the bot may do by itself]
    #[arg(long, value_name = "USERID")]
    user: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Client {
    Openclaw,
    Claude,
    Codex,
    Cursor,
    Gemini,
}

/// How the client reaches the server.
#[derive(Debug, Clone)]
enum Way {
    /// It starts this program with these arguments.
    Command(Vec<String>),
    /// It connects to this address.
    Http(String),
}

pub(super) fn run(
    args: &ConfigArgs,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let config = surroundings::configuration(location, environment);
    let account = surroundings::account(&config, args.account.as_deref())?;
    let way = if args.http {
        let made = tokio_runtime()?.block_on(async {
            let keeper = match Keeper::find(location, environment).await? {
                Ok(keeper) => keeper,
                Err(code) => return Ok(Err(code)),
            };
            let request = MintRequest {
                id: format!("{}-{:04x}", name(args.client), rand::random::<u16>()),
                account,
                user: args.user.clone().map(UserId::new),
                read_only: false,
                categories: Vec::new(),
                ttl_s: None,
            };
            anyhow::Ok(Ok(keeper.add(request).await?))
        })?;
        let made = match made {
            Ok(made) => made,
            Err(code) => return Ok(code),
        };
        print::note(&format!(
            "Token {} was made and is shown once. Set it where {} runs:",
            made.line.id,
            name(args.client)
        ));
        print::note(&format!("  export {TOKEN_VARIABLE}={}", made.token));
        Way::Http(url(&config, location))
    } else {
        Way::Command(arguments(args))
    };
    print::note(&format!("For {}:", place(args.client)));
    print::line(&registration(args.client, &way));
    Ok(ExitCode::SUCCESS)
}

fn name(client: Client) -> &'static str {
    match client {
        Client::Openclaw => "openclaw",
        Client::Claude => "claude",
        Client::Codex => "codex",
        Client::Cursor => "cursor",
        Client::Gemini => "gemini",
    }
}

/// Where the client reads it.
fn place(client: Client) -> &'static str {
    match client {
        Client::Openclaw => {
            "OpenClaw's configuration (check it with `openclaw mcp doctor wecom --probe`)"
        }
        Client::Claude => ".mcp.json of the project",
        Client::Codex => "~/.codex/config.toml",
        Client::Cursor => "~/.cursor/mcp.json or .cursor/mcp.json of the project",
        Client::Gemini => "~/.gemini/settings.json",
    }
}

fn arguments(args: &ConfigArgs) -> Vec<String> {
    let mut arguments = vec!["mcp".to_owned()];
    for (name, value) in [("--account", &args.account), ("--user", &args.user)] {
        if let Some(value) = value {
            arguments.extend([name.to_owned(), value.clone()]);
        }
    }
    arguments
}

/// Of the running daemon, else of the configured one.
fn url(config: &Config, location: &Location) -> String {
    if let Some(public) = config
        .gateway
        .public_origin
        .as_ref()
        .filter(|_| config.mcp_server.public)
    {
        return format!("{}/mcp", public.as_str().trim_end_matches('/'));
    }
    let address = daemon::find(&location.home).map_or_else(
        |_| {
            let ip = match config.gateway.bind {
                ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
                ip => ip,
            };
            SocketAddr::new(ip, config.gateway.port)
        },
        |contact| contact.address(),
    );
    format!("http://{address}/mcp")
}

/// The text to write.
fn registration(client: Client, way: &Way) -> String {
    if client == Client::Codex {
        return codex(way);
    }
    let mut server = match way {
        Way::Command(arguments) => json!({ "command": "wecom", "args": arguments }),
        Way::Http(url) => over_http(client, url),
    };
    let more = match client {
        Client::Openclaw => {
            json!({ "requestTimeoutMs": CALL_S * 1_000, "supportsParallelToolCalls": true })
        }
        Client::Gemini => json!({ "timeout": CALL_S * 1_000 }),
        Client::Claude | Client::Codex | Client::Cursor => json!({}),
    };
    if let (Value::Object(server), Value::Object(more)) = (&mut server, more) {
        server.extend(more);
    }
    let whole = if client == Client::Openclaw {
        json!({ "mcp": { "servers": { "wecom": server } } })
    } else {
        json!({ "mcpServers": { "wecom": server } })
    };
    serde_json::to_string_pretty(&whole).unwrap_or_default()
}

fn over_http(client: Client, url: &str) -> Value {
    let headers = |variable: &str| json!({ "Authorization": format!("Bearer {variable}") });
    let braces = format!("${{{TOKEN_VARIABLE}}}");
    match client {
        Client::Openclaw => json!({
            "url": url, "transport": "streamable-http", "headers": headers(&braces),
        }),
        Client::Claude => json!({ "type": "http", "url": url, "headers": headers(&braces) }),
        Client::Gemini => {
            json!({ "httpUrl": url, "headers": headers(&format!("${TOKEN_VARIABLE}")) })
        }
        Client::Cursor | Client::Codex => {
            json!({ "url": url, "headers": headers(&format!("${{env:{TOKEN_VARIABLE}}}")) })
        }
    }
}

fn codex(way: &Way) -> String {
    // A JSON string is a TOML string, and a list of them a TOML array.
    let reached = match way {
        Way::Command(arguments) => {
            format!("command = \"wecom\"\nargs = {}", json!(arguments))
        }
        Way::Http(url) => {
            format!(
                "url = {}\nbearer_token_env_var = \"{TOKEN_VARIABLE}\"",
                json!(url)
            )
        }
    };
    format!("[mcp_servers.wecom]\n{reached}\ntool_timeout_sec = {CALL_S}")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    #[test]
    fn registrations_are_what_each_client_reads() {
        let mut all = String::new();
        for client in Client::value_variants() {
            let started = Way::Command(vec![
                "mcp".to_owned(),
                "--user".to_owned(),
                "zhangsan".to_owned(),
            ]);
            let connected = Way::Http("http://127.0.0.1:19789/mcp".to_owned());
            for way in [started, connected] {
                let text = registration(*client, &way);
                write!(all, "# {}\n{text}\n\n", name(*client)).unwrap();
            }
        }
        insta::assert_snapshot!(all);
    }
}
