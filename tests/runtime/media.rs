//! Files that people send, and files that agents send.

use std::path::Path;

use serde_json::json;
use wecom::agent::{AgentEvent, AttachmentKind};
use wecom::sim::{Attachment, DownloadFaultKind, Entry, EntryKind, MessagePart};
use wecom::texts;

use crate::support::agents::{Scripted, played};
use crate::support::{BOT, GROUP, House, OTHER, PATIENCE, Plan, USER, direct, eventually};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n picture of the whiteboard";

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[tokio::test]
async fn what_comes_with_a_message_reaches_the_agent_decrypted_in_its_order() {
    let (house, turns) = House::played().await;
    let person = house.sim.member(BOT, USER);
    person
        .send_mixed([
            MessagePart::from("比较一下"),
            MessagePart::from(Attachment::image(PNG)),
            MessagePart::from(Attachment::image(b"\xff\xd8\xff second picture".as_slice())),
        ])
        .unwrap();
    let turn = turns.next().await;
    assert_eq!(turn.request.text, "比较一下");
    let [first, second] = turn.request.attachments.as_slice() else {
        panic!("two pictures: {:?}", turn.request.attachments)
    };
    assert_eq!(read(&first.path), PNG);
    assert_eq!(first.kind, AttachmentKind::Image);
    assert_eq!(first.content_type, "image/png");
    assert_eq!(second.content_type, "image/jpeg");
    assert!(first.path.starts_with(house.home.path()));
    turn.say("好");
    turn.done();

    let file = person.send_file("季度 报告.pdf", b"%PDF-1.7 figures".as_slice());
    let turn = turns.next().await;
    let [report] = turn.request.attachments.as_slice() else {
        panic!("{:?}", turn.request.attachments)
    };
    let kind = Path::new(&report.name).extension();
    assert_eq!(kind, Some("pdf".as_ref()), "{}", report.name);
    assert_eq!(read(&report.path), b"%PDF-1.7 figures");
    turn.done();
    let quoting = person.quoting(file.unwrap().entry);
    quoting.say("这份讲了什么？").unwrap();
    let turn = turns.next().await;
    assert_eq!(turn.request.text, "这份讲了什么？");
    assert_eq!(
        turn.request.attachments.len(),
        1,
        "the quoted file is there too"
    );
    turn.done();
    house.close().await;
}

#[tokio::test]
async fn a_file_over_the_limit_is_told_and_not_given_to_the_agent() {
    let (agent, turns) = played();
    let plan = Plan {
        channel: json!({"media": {"maxBytes": 1000}}),
        ..Plan::agent(agent)
    };
    let house = House::open(plan).await;
    let person = house.sim.member(BOT, USER);
    let said = person.send_file("big.bin", vec![7_u8; 1_001]).unwrap();
    let answers = |entry: &Entry| entry.finished && entry.req_id.as_ref() == Some(&said.req_id);
    let answer = house
        .sim
        .wait_for(&direct(), PATIENCE, |entry| {
            entry.kind == EntryKind::Stream && answers(entry)
        })
        .await
        .unwrap();
    assert!(answer.text().contains("media.maxBytes"), "{answer:?}");
    person.send_file("fits.bin", vec![7_u8; 1_000]).unwrap();
    let turn = turns.next().await;
    assert_eq!(
        turn.request.attachments[0].size, 1_000,
        "the first is not there"
    );
    turn.done();
    house.close().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_fetched_is_said_to_agent_and_person() {
    let (house, turns) = House::played().await;
    let person = house.sim.member(BOT, USER);
    let broken = || Attachment::image(PNG).failing(DownloadFaultKind::Status(403));
    person
        .send_mixed([MessagePart::from("看看"), MessagePart::from(broken())])
        .unwrap();
    let turn = turns.next().await;
    assert!(turn.request.text.starts_with("看看\n"));
    assert!(
        turn.request.text.contains("未能成功读取"),
        "{:?}",
        turn.request.text
    );
    assert_eq!(turn.request.attachments, []);
    turn.done();

    let said = person.send(broken()).unwrap();
    let answer = house
        .sim
        .wait_for(&direct(), PATIENCE, |entry| {
            entry.kind == EntryKind::Stream
                && entry.finished
                && entry.req_id.as_ref() == Some(&said.req_id)
        })
        .await
        .unwrap();
    assert_eq!(answer.text(), texts::media_in::NOT_FETCHED);
    house.close().await;
}

#[tokio::test]
async fn nothing_is_downloaded_for_a_sender_whom_the_gate_refuses() {
    let plan = Plan {
        channel: json!({"dmPolicy": "allowlist", "allowFrom": [OTHER], "groupPolicy": "disabled"}),
        ..Plan::agent(Scripted(vec![AgentEvent::Done]))
    };
    let house = House::open(plan).await;
    house.sim.member(BOT, USER).send_image(PNG).unwrap();
    let group = house.sim.member(BOT, OTHER).in_group(GROUP);
    group
        .send_mixed([MessagePart::from("@Helper"), Attachment::image(PNG).into()])
        .unwrap();
    // The admitted one comes after them: when it is fetched, they were looked at.
    house.sim.member(BOT, OTHER).send_image(PNG).unwrap();
    let fetched = house
        .sim
        .wait_download(PATIENCE, |download| download.fetched > 0)
        .await
        .unwrap();
    house.settled().await;
    for download in house.sim.downloads() {
        let asked_for = u64::from(download.id == fetched.id);
        assert_eq!(download.fetched, asked_for, "{download:?}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_later_text_waits_for_the_file_before_it() {
    let (house, turns) = House::played().await;
    let person = house.sim.member(BOT, USER);
    let slow = Attachment::file("a.txt", b"slow".as_slice()).failing(DownloadFaultKind::Delay(700));
    person.send(slow).unwrap();
    person.say("and now?").unwrap();
    let first = turns.next().await;
    assert_eq!(first.request.attachments.len(), 1);
    first.done();
    let second = turns.next().await;
    assert_eq!(second.request.text, "and now?");
    second.done();
    house.close().await;
}

#[tokio::test]
async fn a_restart_does_not_lose_what_was_downloaded() {
    let (house, turns) = House::played().await;
    house.sim.member(BOT, USER).send_image(PNG).unwrap();
    let turn = turns.next().await;
    let path = turn.request.attachments[0].path.clone();
    let (agent, again) = played();
    let house = house.reopen(Some(std::sync::Arc::new(agent))).await;
    let turn = again.next().await;
    assert_eq!(turn.request.attachments[0].path, path);
    assert_eq!(turn.request.earlier_attempts, 1);
    assert_eq!(house.sim.downloads()[0].fetched, 1, "fetched once");
    turn.done();
    house.close().await;
}

/// A house whose agent's workspace has some files.
async fn with_workspace(events: Vec<AgentEvent>) -> House {
    let house = House::open(Plan::agent(Scripted(events))).await;
    let workspace = house.home.path().join("workspace/main");
    std::fs::create_dir_all(&workspace).unwrap();
    std::fs::write(workspace.join("chart.png"), PNG).unwrap();
    std::fs::write(workspace.join("song.mp3"), b"ID3\x04 not a voice message").unwrap();
    house
}

fn of_kind(kind: EntryKind) -> impl Fn(&Entry) -> bool {
    move |entry| entry.kind == kind && entry.from.id == BOT
}

#[tokio::test]
async fn a_line_that_names_a_file_sends_it_and_is_never_seen() {
    let house = with_workspace(vec![
        AgentEvent::Text("结果如图。\n\nMEDIA: chart".to_owned()),
        AgentEvent::Text(".png\n完毕。".to_owned()),
        AgentEvent::Done,
    ])
    .await;
    let asked = house.say("画图");
    let answer = house.answer(&direct(), &asked).await;
    assert_eq!(answer.text(), "结果如图。\n\n完毕。");
    let picture = house
        .sim
        .wait_for(&direct(), PATIENCE, of_kind(EntryKind::Image))
        .await
        .unwrap();
    assert_eq!(picture.media.unwrap().size, PNG.len() as u64);
    let frames = house.sim.frames(&BOT.into());
    let leaked = frames
        .iter()
        .any(|frame| format!("{frame:?}").contains("MEDIA"));
    assert!(!leaked);
    house.close().await;
}

#[tokio::test]
async fn a_file_named_while_writing_goes_out_at_once() {
    let (house, turns) = House::played().await;
    let workspace = house.home.path().join("workspace/main");
    std::fs::create_dir_all(&workspace).unwrap();
    std::fs::write(workspace.join("chart.png"), PNG).unwrap();
    let asked = house.say("画图");
    let turn = turns.next().await;
    turn.say("先发图");
    turn.name("chart.png");
    turn.name("chart.png");
    house
        .sim
        .wait_for(&direct(), PATIENCE, of_kind(EntryKind::Image))
        .await
        .unwrap();
    let is_open = |entry: &Entry| entry.kind == EntryKind::Stream && !entry.finished;
    assert!(
        house.bot_entries(&direct()).iter().any(is_open),
        "the answer is still being written"
    );
    turn.say("，再解释。\nMEDIA: chart.png");
    turn.done();
    let answer = house.answer(&direct(), &asked).await;
    assert_eq!(answer.text(), "先发图，再解释。");
    let pictures = house.bot_entries(&direct());
    let pictures = pictures
        .iter()
        .filter(|entry| entry.kind == EntryKind::Image);
    assert_eq!(pictures.count(), 1, "named three times, sent once");
    house.close().await;
}

#[tokio::test]
async fn what_could_not_be_sent_as_it_is_is_said_at_the_end() {
    let house = with_workspace(vec![
        AgentEvent::Text("给你。\nMEDIA: song.mp3\nMEDIA: /etc/hostname".to_owned()),
        AgentEvent::Done,
    ])
    .await;
    let asked = house.say("歌");
    let answer = house.answer(&direct(), &asked).await;
    let text = answer.text();
    assert!(text.starts_with("给你。\n\n"), "{text:?}");
    for part in ["song.mp3", "AMR", "hostname", "mediaLocalRoots"] {
        assert!(text.contains(part), "{part} in {text:?}");
    }
    assert!(!text.contains("/etc"), "no local path: {text:?}");
    house
        .sim
        .wait_for(&direct(), PATIENCE, of_kind(EntryKind::File))
        .await
        .unwrap();
    house.close().await;
}

#[tokio::test]
async fn the_state_directory_is_never_sent() {
    let house = with_workspace(vec![AgentEvent::Done]).await;
    std::fs::write(house.home.path().join("wecom.json"), "{secret: 1}").unwrap();
    let path = house.home.path().join("wecom.json");
    let events = vec![
        AgentEvent::Text(format!(
            "MEDIA: {}\nMEDIA: {}/state.db",
            path.display(),
            house.home.path().display()
        )),
        AgentEvent::Done,
    ];
    let agent: std::sync::Arc<dyn wecom::agent::Agent> = std::sync::Arc::new(Scripted(events));
    let house = house.reopen(Some(agent)).await;
    house.subscribed().await;
    let asked = house.say("send it");
    let answer = house.answer(&direct(), &asked).await;
    assert!(answer.text().contains("wecom.json"), "{answer:?}");
    let home = house.home.path().to_string_lossy().into_owned();
    assert!(!answer.text().contains(&home), "{answer:?}");
    let sent = house.bot_entries(&direct());
    assert!(
        sent.iter().all(|entry| entry.kind == EntryKind::Stream),
        "{sent:?}"
    );
    house.close().await;
}

#[tokio::test]
async fn echo_sends_back_what_it_got_and_nothing_that_somebody_else_names() {
    let house = House::open(Plan::default()).await;
    house.sim.member(BOT, USER).send_image(PNG).unwrap();
    let picture = house
        .sim
        .wait_for(&direct(), PATIENCE, of_kind(EntryKind::Image))
        .await
        .unwrap();
    assert_eq!(picture.media.unwrap().size, PNG.len() as u64);
    house
        .sim
        .member(BOT, USER)
        .send_file("日报.txt", "完成".as_bytes())
        .unwrap();
    let report = house
        .sim
        .wait_for(&direct(), PATIENCE, of_kind(EntryKind::File))
        .await
        .unwrap();
    assert_eq!(report.media.unwrap().name, "日报.txt");
    let asked = house.say("MEDIA: /etc/hostname");
    let answer = house.answer(&direct(), &asked).await;
    assert_eq!(answer.text(), "> MEDIA: /etc/hostname");
    eventually("a settled house", || async {
        let open = house.status().await.open_messages;
        (open == 0).then_some(())
    })
    .await;
    house.close().await;
}
