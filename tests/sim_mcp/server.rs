//! A client of one category server, as thin as possible.

use serde_json::{Map, Value, json};
use wecom::catalogue;
use wecom::sim::{DEMO_BOT, Sim};

use super::DEADLINE;

/// One category server of the demo bot.
#[derive(Clone)]
pub(crate) struct Server {
    http: reqwest::Client,
    category: &'static str,
    url: String,
    headers: Vec<(&'static str, String)>,
}

impl Server {
    /// The server behind the address that is good now, asked for nobody in particular.
    pub(crate) fn new(sim: &Sim, category: &'static str) -> Self {
        Self {
            http: http(),
            category,
            url: sim.mcp(DEMO_BOT).url(category).unwrap(),
            headers: vec![("accept", "application/json, text/event-stream".to_owned())],
        }
    }

    /// The same, asked for a member.
    pub(crate) fn acting_for(self, member: &str) -> Self {
        self.with("x-openclaw-wecom-userid", member)
    }

    /// The same with one header more, or another value for it.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same without a header.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A request of any method and body.
    pub(crate) async fn send(
        &self,
        method: reqwest::Method,
        body: String,
    ) -> reqwest::Result<reqwest::Response> {
        let mut request = self.http.request(method, &self.url).body(body);
        request = request.header("content-type", "application/json");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request.send().await
    }

    /// A JSON-RPC request, and whatever comes back.
    pub(crate) async fn request(
        &self,
        method: &str,
        params: Value,
    ) -> reqwest::Result<reqwest::Response> {
        let message = json!({ "jsonrpc": "2.0", "id": "r1", "method": method, "params": params });
        self.send(reqwest::Method::POST, message.to_string()).await
    }

    /// A tool call, and whatever comes back.
    pub(crate) async fn try_call(
        &self,
        tool: &str,
        args: Value,
    ) -> reqwest::Result<reqwest::Response> {
        let params = json!({ "name": tool, "arguments": args });
        self.request("tools/call", params).await
    }

    /// A JSON-RPC request; the whole message that answers it.
    pub(crate) async fn rpc(&self, method: &str, params: Value) -> Value {
        let response = self.request(method, params).await.unwrap();
        let message: Value = response.json().await.unwrap();
        assert_eq!(
            (&message["jsonrpc"], &message["id"]),
            (&json!("2.0"), &json!("r1"))
        );
        message
    }

    /// A tool call; its result.
    pub(crate) async fn result(&self, tool: &str, args: Value) -> Value {
        let params = json!({ "name": tool, "arguments": args });
        self.rpc("tools/call", params).await["result"].clone()
    }

    /// A tool call; its business answer, which must be as the catalogue says.
    pub(crate) async fn call(&self, tool: &str, args: Value) -> Value {
        let result = self.result(tool, args).await;
        assert_eq!(result["isError"], false, "{tool}: {result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        let answer: Value = serde_json::from_str(text).unwrap();
        let method = catalogue::method(self.category, tool).unwrap();
        let schema = jsonschema::validator_for(&method.output_schema).unwrap();
        let found = schema.validate(&answer);
        assert!(found.is_ok(), "{tool}: {found:?} in {answer}");
        answer
    }

    /// A call that succeeds.
    pub(crate) async fn ok(&self, tool: &str, args: Value) -> Value {
        let answer = self.call(tool, args).await;
        assert_eq!(answer["errcode"], 0, "{tool}: {answer}");
        answer
    }

    /// The `errcode` of a call.
    pub(crate) async fn code(&self, tool: &str, args: Value) -> i64 {
        self.call(tool, args).await["errcode"].as_i64().unwrap()
    }

    /// All pages of a call: what stands under `items` on each.
    pub(crate) async fn pages(&self, tool: &str, args: Value, items: &str) -> Vec<Vec<Value>> {
        let mut args: Map<String, Value> = args.as_object().unwrap().clone();
        let mut pages = Vec::new();
        loop {
            let answer = self.ok(tool, Value::Object(args.clone())).await;
            pages.push(answer[items].as_array().unwrap().clone());
            match answer["next_cursor"].as_str() {
                None | Some("") => return pages,
                Some(cursor) => args.insert("cursor".to_owned(), json!(cursor)),
            };
        }
    }
}

/// A plain HTTP client.
pub(crate) fn http() -> reqwest::Client {
    // The client asks for a TLS provider even where nothing is encrypted.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(DEADLINE)
        .build()
        .unwrap()
}
