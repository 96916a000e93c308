//! A pipeline of one interceptor before a server that a test plays, with files round it.

use std::io::{Read, Seek};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::{
    Answer, Caller, CategoryServers, Content, Delivery, FilesOut, Interceptor, NobodyToAsk,
    Pipeline, RemoteTool, Renewal, ToolCall, ToolError, ToolList,
};
use crate::clock::ManualClock;
use crate::config::{Account, Config, LiveConfig};
use crate::files::{FileGrant, MediaStore};
use crate::identity::{Identity, TurnChat};
use crate::ids::{AccountId, UserId};

/// A state directory, a workspace beside it, and one account.
pub(super) struct Scene {
    pub(super) dir: tempfile::TempDir,
    pub(super) config: LiveConfig,
    pub(super) store: MediaStore,
    pub(super) server: Arc<Server>,
}

/// What the server was asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) args: Value,
    pub(super) timeout: Duration,
    pub(super) response_limit: u64,
    pub(super) identity: Arc<Identity>,
    pub(super) caller: Caller,
    pub(super) upload: Option<(&'static str, Vec<u8>)>,
}

type Play = Box<dyn Fn(&Seen) -> Result<Answer, ToolError> + Send + Sync>;

pub(super) struct Server {
    play: Mutex<Option<Play>>,
    pub(super) seen: Mutex<Vec<Seen>>,
    pub(super) known: Mutex<Option<Arc<ToolList>>>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Server")
    }
}

#[async_trait]
impl CategoryServers for Server {
    async fn call(&self, call: &ToolCall) -> Result<Answer, ToolError> {
        // Lets others run, as a network does.
        tokio::task::yield_now().await;
        let upload = call.upload.as_ref().map(|upload| {
            let mut bytes = Vec::new();
            let mut file = &*upload.file;
            file.rewind().unwrap();
            file.take(upload.size).read_to_end(&mut bytes).unwrap();
            (upload.member, bytes)
        });
        let seen = Seen {
            method: call.method.clone(),
            args: Value::Object(call.args.clone()),
            timeout: call.timeout(),
            response_limit: call.response_limit(),
            identity: call.identity().clone(),
            caller: call.caller(),
            upload,
        };
        self.seen.lock().unwrap().push(seen.clone());
        match &*self.play.lock().unwrap() {
            Some(play) => play(&seen),
            None => answered(&serde_json::json!({"errcode": 0})),
        }
    }

    async fn list(&self, _: &Identity, _: &str) -> Result<Arc<ToolList>, ToolError> {
        Ok(self.known.lock().unwrap().clone().unwrap_or_default())
    }

    fn known(&self, _: &Identity, _: &str) -> Option<Arc<ToolList>> {
        self.known.lock().unwrap().clone()
    }

    async fn renew(&self, _: &AccountId, _: &str, _: u64) -> Renewal {
        Renewal::Unchanged
    }
}

impl Scene {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["work", "state"] {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let config = LiveConfig::new(Config::unconfigured(&dir.path().join("state")));
        Self {
            store: MediaStore::new(config.clone(), ManualClock::at(0)),
            config,
            dir,
            server: Arc::new(Server {
                play: Mutex::default(),
                seen: Mutex::default(),
                known: Mutex::default(),
            }),
        }
    }

    pub(super) fn files_out(&self) -> FilesOut {
        FilesOut::new(
            self.config.clone(),
            self.store.clone(),
            None,
            Arc::new(NobodyToAsk),
        )
    }

    pub(super) fn set(&self, change: impl Fn(&mut Account)) {
        let mut config = (*self.config.get()).clone();
        config.accounts.values_mut().for_each(change);
        self.config.replace(config);
    }

    pub(super) fn serve(
        &self,
        play: impl Fn(&Seen) -> Result<Answer, ToolError> + Send + Sync + 'static,
    ) {
        *self.server.play.lock().unwrap() = Some(Box::new(play));
    }

    pub(super) fn know(&self, methods: &[&str]) {
        let tools = methods.iter().map(|name| RemoteTool {
            name: (*name).to_owned(),
            description: String::new(),
            input_schema: None,
        });
        let list = ToolList {
            tools: tools.collect(),
            cut: false,
        };
        *self.server.known.lock().unwrap() = Some(Arc::new(list));
    }

    /// A file of the workspace.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join("work").join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A call of a direct chat's turn, with the workspace granted.
    pub(super) fn call(&self, category: &str, method: &str, args: Value) -> ToolCall {
        let identity = Identity::of_turn(
            AccountId::new("default"),
            Some(UserId::new("ZhangSan")),
            TurnChat::Direct(UserId::new("ZhangSan")),
        );
        self.call_of(identity, category, method, args)
    }

    pub(super) fn call_of(
        &self,
        identity: Identity,
        category: &str,
        method: &str,
        args: Value,
    ) -> ToolCall {
        let mut call = ToolCall::new(Arc::new(identity), category, method, object(args));
        call.delivery = Delivery::Path;
        call.files = Arc::new(FileGrant {
            workspace: Some(self.dir.path().join("work")),
            roots: Vec::new(),
        });
        call
    }

    pub(super) async fn run(
        &self,
        interceptor: &Arc<dyn Interceptor>,
        call: ToolCall,
    ) -> Result<Answer, ToolError> {
        let interceptors = vec![interceptor.clone()];
        Pipeline::new(interceptors, self.server.clone(), self.config.clone())
            .call(call)
            .await
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.server.seen.lock().unwrap().clone()
    }

    /// Every kept file, and every one that is still being written.
    pub(super) fn kept(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.dir.path().join("state")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found
    }
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

pub(super) fn answered(business: &Value) -> Result<Answer, ToolError> {
    let text = Content::text(business.to_string());
    Ok(Answer::new(AccountId::new("default"), 0, vec![text]))
}

pub(super) fn business(answer: &Answer) -> Value {
    Value::Object(answer.business().unwrap().clone())
}
