//! Fetches that go wrong on purpose, as a client's HTTP library sees them.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wecom::sim::DownloadFaultKind::{
    self, Cut, Delay, Drip, Huge, LongLength, NoLength, Redirect, ShortLength, Stall, Status,
    Truncate,
};
use wecom::sim::{Attachment, DEMO_BOT, DownloadFault, KeyManner, Sim, SimError};

use super::attachments::{fetch, path_of};
use super::client::Client;
use super::{DEADLINE, start, subscribed};

const SIZE: usize = 100_000;

/// Sends a picture whose fetches fail so; its object in the push.
async fn pushed(
    sim: &Sim,
    client: &mut Client,
    faults: impl IntoIterator<Item = DownloadFault>,
) -> Value {
    let image = Attachment::image(vec![7; SIZE]).with_key(KeyManner::Plain);
    let image = faults.into_iter().fold(image, Attachment::failing);
    sim.member(DEMO_BOT, "LiNa").send(image).unwrap();
    client.next().await["body"]["image"].clone()
}

async fn body_with(sim: &Sim, client: &mut Client, fault: DownloadFaultKind) -> (String, usize) {
    let image = pushed(sim, client, [fault.into()]).await;
    let answer = fetch(sim, &image).await;
    assert_eq!(answer.status, 200);
    (answer.head, answer.body.len())
}

fn announced(head: &str) -> Option<usize> {
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    length.map(|length| length.parse().unwrap())
}

#[tokio::test]
async fn statuses_come_so_often_and_then_the_file() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let faults = [
        DownloadFault::new(Status(503)).times(2),
        DownloadFault::new(Status(429)).times(1),
    ];
    let image = pushed(&sim, &mut client, faults).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(fetch(&sim, &image).await.status);
    }
    assert_eq!(statuses, [503, 503, 429, 200]);
    let written: Vec<u16> = sim.downloads()[0]
        .fetches
        .iter()
        .map(|it| it.status)
        .collect();
    assert_eq!(written, statuses);
}

#[tokio::test]
async fn redirects_lead_elsewhere_or_to_themselves() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let to = "http://169.254.169.254/latest/meta-data";
    let image = pushed(&sim, &mut client, [Redirect(to.to_owned()).into()]).await;
    let answer = fetch(&sim, &image).await;
    assert_eq!(answer.status, 302);
    assert!(answer.head.contains(&format!("location: {to}")));
    let itself = DownloadFault::new(Redirect(String::new())).times(1);
    let image = pushed(&sim, &mut client, [itself]).await;
    let answer = fetch(&sim, &image).await;
    let url = image["url"].as_str().unwrap();
    assert!(
        answer.head.contains(&format!("location: {url}")),
        "{}",
        answer.head
    );
    assert_eq!(fetch(&sim, &image).await.status, 200);
}

#[tokio::test]
async fn lengths_lie_both_ways() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let (head, came) = body_with(&sim, &mut client, Truncate(999)).await;
    assert_eq!((announced(&head), came), (Some(999), 999));
    let (head, came) = body_with(&sim, &mut client, Cut(70_000)).await;
    assert_eq!((announced(&head), came), (Some(SIZE), 70_000));
    let (head, came) = body_with(&sim, &mut client, LongLength(5)).await;
    assert_eq!((announced(&head), came), (Some(SIZE + 5), SIZE));
    let (head, came) = body_with(&sim, &mut client, ShortLength(5)).await;
    assert_eq!((announced(&head), came), (Some(SIZE - 5), SIZE - 5));
    let (head, came) = body_with(&sim, &mut client, NoLength).await;
    assert!(announced(&head).is_none() && head.contains("transfer-encoding: chunked"));
    assert!(came > SIZE, "with the sizes of the chunks");
    let (head, came) = body_with(&sim, &mut client, Huge(3_000_000)).await;
    assert_eq!((announced(&head), came), (Some(3_000_000), 3_000_000));
}

#[tokio::test]
async fn bodies_are_slow_and_answers_late() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let (bytes, pause_ms) = (SIZE / 4, 20);
    let drip = Drip { bytes, pause_ms };
    let image = pushed(&sim, &mut client, [drip.into(), Delay(50).into()]).await;
    let begun = Instant::now();
    assert_eq!(fetch(&sim, &image).await.body.len(), SIZE);
    assert!(begun.elapsed() >= Duration::from_millis(50 + 4 * 20));
}

/// Reads what comes until the other side has been silent: the connection is still open.
#[tokio::test]
async fn a_body_stalls_and_a_stop_still_ends_it() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let image = pushed(&sim, &mut client, [Stall(50_000).into()]).await;
    let mut stream = TcpStream::connect(sim.addr()).await.unwrap();
    let request = format!(
        "GET {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        path_of(&image),
        sim.addr()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut came = vec![0; 50_000];
    let whole = timeout(DEADLINE, stream.read_exact(&mut came)).await;
    whole.expect("so much comes at once").unwrap();
    let mut rest = Vec::new();
    let more = timeout(Duration::from_millis(100), stream.read_to_end(&mut rest)).await;
    assert!(more.is_err() && rest.len() < 1_000, "and then nothing");
    timeout(DEADLINE, sim.stop()).await.expect("an end");
}

#[tokio::test]
async fn faults_that_make_no_sense_are_refused() {
    let sim = start().await;
    let me = sim.member(DEMO_BOT, "LiNa");
    for fault in [
        Status(99),
        Status(1_000),
        Redirect("a\r\nset-cookie: x".to_owned()),
    ] {
        let refused = me.send(Attachment::image(vec![1]).failing(fault));
        assert!(matches!(refused, Err(SimError::Invalid(_))));
    }
    let many = (0..17).fold(Attachment::image(vec![1]), |it, _| it.failing(NoLength));
    assert!(matches!(me.send(many), Err(SimError::Invalid(_))));
}
