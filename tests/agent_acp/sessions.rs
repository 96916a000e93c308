//! Which conversation goes on in which session, and with which tools.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use wecom::agent::{DoorFull, McpAccess, McpDoor, McpPass, McpTurn, NoTools, ToolTurn};
use wecom::channel::Backends;
use wecom::ids::AccountId;
use wecom::secret::Secret;

use crate::support::{House, OTHER, USER, direct, group, start};
use crate::{ask, ask_as, house};

#[tokio::test(flavor = "multi_thread")]
async fn two_members_never_share_a_session() {
    let house = house().await;
    let one = ask_as(&house, USER, "session").await;
    let other = ask_as(&house, OTHER, "session").await;
    assert_ne!(one, other);
    assert_eq!(ask_as(&house, USER, "session").await, one);
    assert_eq!(
        ask_as(&house, USER, "pid").await,
        ask_as(&house, OTHER, "pid").await
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_a_restart_and_ends_when_it_is_forgotten() {
    let house = house().await;
    let (session, pid) = (ask(&house, "session").await, ask(&house, "pid").await);
    let house = house.reopen(None).await;
    house.subscribed().await;
    assert_eq!(ask(&house, "session").await, session, "loaded again");
    assert_ne!(ask(&house, "pid").await, pid, "another process");
    house.say("/new");
    house.settled().await;
    assert_ne!(ask(&house, "session").await, session, "begun anew");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_works_in_the_agents_workspace_with_few_variables() {
    let house = house().await;
    let workspace = house.config.agents.workspace_of("main");
    assert_eq!(ask(&house, "where").await, workspace.display().to_string());
    assert_eq!(ask(&house, "names").await, "PATH");
    house.close().await;
}

/// A door that writes down who enters and leaves.
#[derive(Debug, Default)]
struct Noted(Arc<Mutex<Vec<String>>>);

#[derive(Debug)]
struct NotedPass {
    access: McpAccess,
    notes: Arc<Mutex<Vec<String>>>,
}

struct Leaves(Arc<Mutex<Vec<String>>>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.lock().unwrap().push("nobody".to_owned());
    }
}

impl McpDoor for Noted {
    fn open(&self, _: &AccountId, workspace: PathBuf) -> Result<Arc<dyn McpPass>, DoorFull> {
        assert!(workspace.is_absolute());
        Ok(Arc::new(NotedPass {
            access: McpAccess {
                url: Some("http://127.0.0.1:9/mcp".to_owned()),
                token: Secret::new("wmt_x"),
                command: PathBuf::from("wecom"),
                args: Vec::new(),
                env: Vec::new(),
            },
            notes: self.0.clone(),
        }))
    }
}

impl McpPass for NotedPass {
    fn access(&self) -> &McpAccess {
        &self.access
    }

    fn enter(&self, turn: &ToolTurn) -> McpTurn {
        let who = turn.identity.requester().unwrap().to_string();
        self.notes.lock().unwrap().push(who);
        McpTurn::new(Leaves(self.notes.clone()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_server_is_handed_over_and_acts_for_the_one_whose_turn_it_is() {
    let House {
        sim,
        runtime,
        store,
        config,
        home,
    } = house().await;
    drop(runtime);
    let notes = Arc::<Mutex<Vec<String>>>::default();
    let backends = Backends::Equipped {
        tools: Arc::new(NoTools),
        mcp: Some(Arc::new(Noted(notes.clone()))),
        openclaw: wecom::agent::openclaw::link::Link::default(),
    };
    let runtime = start(&config, store.clone(), backends).await;
    let house = House {
        sim,
        runtime,
        store,
        config,
        home,
    };
    house.subscribed().await;
    let said = ask(&house, "servers").await;
    assert_eq!(said, "wecom http://127.0.0.1:9/mcp Bearer wmt_x");
    for user in [USER, OTHER] {
        let asked = house.say_in_group(user, "@Helper hi");
        house.answer(&group(), &asked).await;
    }
    house.settled().await;
    let expected = [USER, "nobody", USER, "nobody", OTHER, "nobody"];
    assert_eq!(*notes.lock().unwrap(), expected);
    assert!(house.bot_entries(&direct()).len() == 1);
    house.close().await;
}
