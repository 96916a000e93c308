//! Servers that WeCom would not trust, and why.

use axum::response::Response;
use rcgen::{BasicConstraints, IsCa, SanType, date_time_ymd};

use crate::house::{House, Report, bot_cipher};
use crate::server::{Authority, Call, Server, Shown, daemon};

fn bot(call: &Call) -> Response {
    daemon(&bot_cipher(), false, call)
}

async fn shown(house: &House, chain: Shown) -> Report {
    let server = Server::tls(chain, bot).await;
    house.doctor(&server.bot()).await
}

/// The one error, and that nothing was sent after it.
async fn refused(house: &House, chain: Shown, seen: &str, fix: &str) {
    let report = shown(house, chain).await;
    assert_eq!(report.status, 1, "{:#?}", report.lines());
    let found = report.fix("error", seen);
    assert!(found.contains(fix), "{found}");
    assert!(!report.lines().iter().any(|line| line.contains("GET")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_the_house() {
    let house = House::new();
    let authority = Authority::new();
    house.trust(&authority.pem());
    let report = shown(&house, authority.issue(|_| {})).await;
    assert_eq!(report.status, 0, "{:#?}", report.lines());
    report.fix("warning", "only the authority of tls.caFile vouches");
    report.fix("ok", "(GET): echoed");
    report.fix("ok", "(POST): acknowledged");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_nobody_knows() {
    let chain = Authority::new().issue_by_another(true);
    let seen = "no public authority vouches for the certificate and its chain";
    refused(
        &House::new(),
        chain,
        seen,
        "WeCom trusts public authorities only",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_without_its_middle() {
    let house = House::new();
    let authority = Authority::new();
    house.trust(&authority.pem());
    let seen = "the chain is incomplete";
    refused(
        &house,
        authority.issue_by_another(false),
        seen,
        "fullchain.pem",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_vouches_for_itself() {
    let seen = "the certificate is self-signed";
    let fix = "WeCom trusts public authorities only";
    refused(&House::new(), Shown::self_signed(|_| {}), seen, fix).await;
    let as_openssl_makes_it =
        Shown::self_signed(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    refused(&House::new(), as_openssl_makes_it, seen, fix).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_over() {
    let house = House::new();
    let authority = Authority::new();
    house.trust(&authority.pem());
    let chain = authority.issue(|params| params.not_after = date_time_ymd(2024, 5, 6));
    refused(&house, chain, "ended on 2024-05-06", "renew it").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_the_future() {
    let house = House::new();
    let authority = Authority::new();
    house.trust(&authority.pem());
    let chain = authority.issue(|params| params.not_before = date_time_ymd(2300, 1, 1));
    refused(&house, chain, "is not valid yet", "clock").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name() {
    let house = House::new();
    let authority = Authority::new();
    house.trust(&authority.pem());
    let chain = authority.issue(|params| {
        let name = |name: &str| SanType::DnsName(name.try_into().unwrap());
        params.subject_alt_names = vec![name("www.example.com"), name("*.example.org")];
    });
    let seen = "the certificate is for www.example.com, *.example.org";
    refused(&house, chain, seen, "the name in the address").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_without_tls() {
    let server = Server::plain(bot).await;
    let url = server.bot().replace("http://", "https://");
    let report = House::new().doctor(&url).await;
    assert_eq!(report.status, 1);
    let fix = report.fix("error", "TLS: ");
    assert!(fix.contains("plain http"), "{fix}");
}
