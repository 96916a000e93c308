//! The category `doc` behind the same doors, and what a test may do to documents.

use serde_json::json;
use wecom::sim::{DocGrant, DocKind, DocOwner};

use super::{server, start};

#[tokio::test]
async fn a_document_is_the_bots_until_it_is_given_away() {
    let sim = start().await;
    let company = sim.company();
    let doc = server(&sim, "doc", "LiNa");
    let made = json!({ "doc_type": 3, "doc_name": "周报" });
    let made = doc.ok("create_doc", made).await;
    let docid = made["docid"].as_str().unwrap();
    let edit = json!({ "docid": docid, "content": "# 一", "content_type": 1 });
    doc.ok("edit_doc_content", edit.clone()).await;
    let known = company.documents();
    assert_eq!((known.len(), known[0].docid.as_str()), (1, docid));
    assert_eq!(known[0].kind, DocKind::Document);
    let member = DocOwner::Member("LiNa".to_owned());
    company.hand_over(docid, member.clone()).unwrap();
    assert_eq!(doc.code("edit_doc_content", edit).await, 851_003);
    assert!(company.hand_over("nothing", DocOwner::Bot).is_err());
    company.add_document(member, DocKind::SmartSheet, "任务表");
    assert_eq!(company.documents().len(), 2);
    company.reset();
    assert_eq!(company.documents(), []);
}

#[tokio::test]
async fn without_a_grant_there_is_a_hint_instead() {
    let sim = start().await;
    let doc = server(&sim, "doc", "LiNa");
    let made = json!({ "doc_type": 3, "doc_name": "周报" });
    sim.company().set_grant(DocGrant::Expired);
    let refused = doc.call("create_doc", made.clone()).await;
    assert_eq!(refused["errcode"], 851_013);
    assert!(refused["help_message"].is_string());
    sim.company().set_grant(DocGrant::Standing);
    doc.ok("create_doc", made).await;
}
