//! Callbacks that go wrong on purpose.

use serde_json::json;
use wecom::ids::BotId;
use wecom::sim::{DEMO_BOT, HookCall, HookFault, HookFaultKind, HookOwner};

use super::receiver::How;
use super::{DEADLINE, app, done, quiet, reasons, start};

fn bot() -> BotId {
    DEMO_BOT.into()
}

#[tokio::test]
async fn what_is_forged_or_damaged_is_refused() {
    for fault in [
        HookFaultKind::WrongSignature,
        HookFaultKind::TamperedBody,
        HookFaultKind::Garbled,
        HookFaultKind::EntityBomb,
    ] {
        let receiver = quiet().await;
        let sim = start(&receiver).await;
        let hooks = sim.hooks();
        let owners: &[HookOwner] = if fault == HookFaultKind::EntityBomb {
            &[HookOwner::App(app())]
        } else {
            &[HookOwner::App(app()), HookOwner::Bot(bot())]
        };
        for owner in owners {
            hooks
                .fault(owner.clone(), HookFault::new(fault.clone()))
                .unwrap();
        }
        let words = ["first", "second"];
        for text in words {
            sim.app_member(app(), "LiNa").say(text).unwrap();
            sim.member(DEMO_BOT, "LiNa").say(text).unwrap();
        }
        let second = |owner: &HookOwner| {
            let owner = owner.clone();
            move |call: &HookCall| call.done && call.owner == owner && call.plain.contains("second")
        };
        for owner in owners {
            sim.wait_hook_call(DEADLINE, second(owner)).await.unwrap();
        }
        let calls = hooks.calls();
        let spoilt: Vec<_> = calls
            .iter()
            .filter(|call| !call.faults.is_empty())
            .collect();
        assert_eq!(spoilt.len(), owners.len());
        for call in spoilt {
            assert_eq!(
                (call.status(), call.problem.as_ref()),
                (Some(403), None),
                "{call:?}"
            );
            assert_eq!(call.attempts.len(), 1);
        }
        assert_eq!(receiver.refused().len(), owners.len(), "{fault:?}");
        assert_eq!(reasons(&sim), Vec::<String>::new());
    }
}

#[tokio::test]
async fn who_takes_a_forgery_breaks_the_protocol() {
    let careless = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    careless.set_nonblocking(true).unwrap();
    let url = format!("http://{}/app", careless.local_addr().unwrap());
    let listener = tokio::net::TcpListener::from_std(careless).unwrap();
    let router = axum::Router::new().fallback(|| async { "success" });
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let mut hook = receiver.app_hook();
    hook.url = url;
    sim.apps().set_callback(&app(), Some(hook)).unwrap();
    let forged = HookFault::new(HookFaultKind::WrongSignature);
    sim.hooks().fault(app(), forged).unwrap();
    sim.app_member(app(), "LiNa").say("psst").unwrap();
    done(&sim, "text").await;
    assert_eq!(
        reasons(&sim),
        ["a callback that must be refused was accepted"]
    );
}

#[tokio::test]
async fn a_stale_or_foreign_callback_is_a_good_one_for_who_takes_it() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let stale = HookFault::new(HookFaultKind::StaleTimestamp(400));
    let foreign = HookFault::new(HookFaultKind::OtherReceiver);
    sim.hooks().fault(bot(), stale).unwrap();
    sim.member(DEMO_BOT, "LiNa").say("old").unwrap();
    let call = done(&sim, "text").await;
    let sent_at = receiver.got()[0].query.split('&').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        (name == "timestamp").then(|| value.parse::<i64>().unwrap())
    });
    assert_eq!(sent_at, Some(call.at / 1_000 - 400));
    // A bot has no receiver, and an app's is its company.
    sim.hooks().fault(bot(), foreign.clone()).unwrap();
    sim.hooks().fault(app(), foreign).unwrap();
    sim.member(DEMO_BOT, "LiNa").send_voice("whose?").unwrap();
    done(&sim, "voice").await;
    assert_eq!(receiver.refused(), Vec::<String>::new());
    sim.app_member(app(), "LiNa").say_aloud("whose?").unwrap();
    let of_app = |call: &HookCall| call.done && call.owner == HookOwner::App(app());
    let call = sim.wait_hook_call(DEADLINE, of_app).await.unwrap();
    assert_eq!((call.status(), receiver.refused().len()), (Some(403), 1));
    assert_eq!(reasons(&sim), Vec::<String>::new());
}

#[tokio::test]
async fn a_callback_can_come_twice() {
    let receiver = super::receiver::Receiver::start(|got| match got.frame() {
        Some(_) => got.seal(&json!({})),
        None => How::text("success"),
    })
    .await;
    let sim = start(&receiver).await;
    for owner in [HookOwner::Bot(bot()), HookOwner::App(app())] {
        let twice = HookFault::new(HookFaultKind::Twice);
        sim.hooks().fault(owner, twice).unwrap();
    }
    sim.member(DEMO_BOT, "LiNa").say("twice").unwrap();
    assert_eq!(done(&sim, "text").await.attempts.len(), 2);
    sim.app_member(app(), "LiNa").enter().unwrap();
    assert_eq!(done(&sim, "enter_agent").await.attempts.len(), 2);
    let got = receiver.got();
    for pair in got.chunks(2) {
        assert_eq!(
            (&pair[0].query, &pair[0].body),
            (&pair[1].query, &pair[1].body)
        );
    }
    assert_eq!(got.len(), 4);
    assert_eq!(reasons(&sim), Vec::<String>::new());
}

#[tokio::test]
async fn faults_stand_until_they_are_cleared() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let hooks = sim.hooks();
    let fault = HookFault::new(HookFaultKind::Garbled).on("image").times(0);
    hooks.fault(bot(), fault.clone()).unwrap();
    assert_eq!(hooks.faults(bot()), [fault]);
    sim.member(DEMO_BOT, "LiNa").say("good").unwrap();
    assert_eq!(done(&sim, "text").await.faults, []);
    sim.member(DEMO_BOT, "LiNa")
        .send_image(b"bad".as_slice())
        .unwrap();
    assert_eq!(done(&sim, "image").await.faults, [HookFaultKind::Garbled]);
    hooks.clear_faults(bot());
    assert_eq!(hooks.faults(bot()), []);
    let twice = HookFault::new(HookFaultKind::Twice);
    assert!(hooks.fault(BotId::from("nobody"), twice).is_err());
    let bomb = HookFault::new(HookFaultKind::EntityBomb);
    assert!(hooks.fault(bot(), bomb).is_err());
    let no_poll = HookFault::new(HookFaultKind::NoPoll);
    assert!(hooks.fault(app(), no_poll).is_err());
}
