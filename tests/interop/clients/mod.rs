//! The official MCP clients against our server: what a program of somebody else's sees.
//!
//! Three packages: TypeScript's widely used first line (`v1`, revisions up to 2025-11-25),
//! its second line (`v2`) and Python's, which know 2026-07-28 as well. `clients.mjs` and
//! `clients.py` drive them by the same methods, each with one object of arguments:
//!
//! - `connect` `{sdk, revision, url, token | command, args, env}`: connects to an address or
//!   starts a program; without a revision with a handshake. Gives revision, server,
//!   capabilities, instructions.
//! - `listTools`, `callTool`, `listPrompts`, `getPrompt`, `listResources`, `readResource`: the
//!   package's own, with the protocol's parameters and results. `callTool` reports progress
//!   as events `progress`.
//! - `interruptTool`: calls a tool and gives up at its first progress. Whether that was so.
//! - `skills`: lists the skills by the extension and reads them: `read`, with names and texts by
//!   URI, and `refused`, the URIs of those that the package does not take.
//! - `close`.

mod alone;
mod long_calls;
mod tour;

use serde_json::{Value, json};

use super::peer::Peer;

/// A package, and the revision that it speaks here.
#[derive(Debug, Clone, Copy)]
enum Sdk {
    TypeScript1,
    TypeScript2,
    TypeScript2Modern,
    Python,
    PythonModern,
}

const LEGACY: &str = "2025-11-25";
const MODERN: &str = "2026-07-28";

impl Sdk {
    async fn start(self) -> Client {
        let peer = match self {
            Self::TypeScript1 | Self::TypeScript2 | Self::TypeScript2Modern => {
                Peer::start("clients.mjs").await
            }
            Self::Python | Self::PythonModern => Peer::start_python("clients.py").await,
        };
        Client { peer, sdk: self }
    }

    fn revision(self) -> &'static str {
        match self {
            Self::TypeScript1 | Self::TypeScript2 | Self::Python => LEGACY,
            Self::TypeScript2Modern | Self::PythonModern => MODERN,
        }
    }

    fn package(self) -> &'static str {
        match self {
            Self::TypeScript1 => "v1",
            Self::TypeScript2 | Self::TypeScript2Modern => "v2",
            Self::Python | Self::PythonModern => "python",
        }
    }
}

/// One client of a package.
struct Client {
    peer: Peer,
    sdk: Sdk,
}

impl Client {
    /// Connects as `way` says; what it then knows of the server.
    async fn connect(&mut self, way: &Value) -> Value {
        let connected = self.try_connect(way).await;
        let about = connected.unwrap_or_else(|error| panic!("it does not connect: {error}"));
        assert_eq!(about["revision"], self.sdk.revision());
        about
    }

    async fn try_connect(&mut self, way: &Value) -> Result<Value, Value> {
        let mut way = way.clone();
        way["sdk"] = self.sdk.package().into();
        if self.sdk.revision() == MODERN {
            way["revision"] = MODERN.into();
        }
        self.try_call("connect", way).await
    }

    /// What a method gives; it must not fail.
    async fn call(&mut self, method: &str, args: Value) -> Value {
        let answer = self.try_call(method, args).await;
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// What a method gives, or the error that the package threw.
    async fn try_call(&mut self, method: &str, args: Value) -> Result<Value, Value> {
        let args = match args {
            Value::Null => json!([]),
            args => json!([args]),
        };
        self.peer.call("client", method, args).await
    }

    async fn close(mut self) {
        self.call("close", Value::Null).await;
    }
}
