//! Which local files go out.

use std::os::unix::fs::symlink;

use crate::house::House;

#[tokio::test]
async fn files_of_the_workspace_go_out_however_they_are_named() {
    let house = House::new().await;
    let whole = house.write("work/a b.txt", "hello, world");
    house.write("work/sub/c.txt", "hello, there");
    for text in [
        whole.clone(),
        format!("file://{}", whole.replace(' ', "%20")),
        format!("file://localhost{}", whole.replace(' ', "%20")),
        format!("MEDIA: {whole}"),
        "a b.txt".to_owned(),
        "./a b.txt".to_owned(),
        "sub/c.txt".to_owned(),
    ] {
        assert_eq!(house.class(&text).await, "ok", "{text}");
    }
    assert_eq!(house.seen().len(), 7);
    house.close().await;
}

#[tokio::test]
async fn outside_of_the_roots_nothing_goes_out() {
    let house = House::new().await;
    let outside = house.write("outside/a.txt", "not to be sent");
    let twin = house.write("work2/a.txt", "not to be sent");
    house.write("home/a.txt", "not to be sent");
    symlink(house.path("outside"), house.path("work/far")).unwrap();
    symlink(house.path("outside/a.txt"), house.path("work/link.txt")).unwrap();
    for (text, class) in [
        (outside.as_str(), "path-not-allowed"),
        (&twin, "path-not-allowed"),
        ("~/a.txt", "path-not-allowed"),
        ("~/none.txt", "path-not-allowed"),
        ("/etc/passwd", "path-not-allowed"),
        ("/etc/no-such-file", "path-not-allowed"),
        ("file:///etc/passwd", "path-not-allowed"),
        ("far/a.txt", "path-not-allowed"),
        ("link.txt", "path-not-allowed"),
        ("../outside/a.txt", "invalid-reference"),
        ("file:///a/%2e%2e/b.txt", "invalid-reference"),
        ("file://host/etc/passwd", "invalid-reference"),
        ("~root/a.txt", "invalid-reference"),
        (r"\\server\share\a.txt", "invalid-reference"),
        ("ftp://example.com/a.txt", "invalid-reference"),
    ] {
        assert_eq!(house.class(text).await, class, "{text}");
    }
    assert_eq!(house.frames("aibot_upload_media_init"), []);
    assert_eq!(house.seen(), []);
    house.close().await;
}

#[tokio::test]
async fn the_note_names_the_file_and_the_setting_but_no_folder() {
    let house = House::new().await;
    let outside = house.write("outside/secret plan.txt", "not to be sent");
    let outcome = house.send(&outside).await;
    assert_eq!(
        crate::house::notes(&outcome),
        "❌ 文件“secret plan.txt”不在允许发送的目录中，未发送。如需发送，请管理员把所在目录加入配置项 mediaLocalRoots。"
    );
    house.close().await;
}

#[tokio::test]
async fn a_configured_root_is_one() {
    let mut house = House::new().await;
    let outside = house.write("outside/a.txt", "may be sent");
    let twin = house.write("outside2/a.txt", "not to be sent");
    let root = house.path("outside");
    let account = house.config.accounts.get_mut(&house.chat.account).unwrap();
    account.media.local_roots.push(root);
    assert_eq!(house.class(&outside).await, "ok");
    assert_eq!(house.class(&twin).await, "path-not-allowed");
    house.close().await;
}

#[tokio::test]
async fn the_state_directory_is_closed_but_for_agents_and_the_chats_own_shelf() {
    let mut house = House::new().await;
    let store = house.store();
    let mut kept = Vec::new();
    for user in ["LiNa", "zhangwei"] {
        let bytes = bytes::Bytes::from_static(b"received before");
        let stored = store.save(house.shelf(user), "m.txt".to_owned(), bytes);
        kept.push(stored.await.unwrap().path.to_str().unwrap().to_owned());
    }
    assert_eq!(house.class(&kept[0]).await, "ok");
    assert_eq!(house.class(&kept[1]).await, "path-not-allowed");
    for (below, class) in [
        ("state/workspace/main/a.txt", "ok"),
        ("state/agents/a/b.txt", "ok"),
        ("state/sandboxes/x/a.txt", "ok"),
        ("state/wecom.json", "path-not-allowed"),
        ("state/state.db", "path-not-allowed"),
        ("state/notes.txt", "path-not-allowed"),
        ("state/credentials/token.txt", "path-not-allowed"),
        ("state/media/a.txt", "path-not-allowed"),
        ("state/media/outbound/a.txt", "path-not-allowed"),
    ] {
        let path = house.write(below, "some bytes");
        assert_eq!(house.class(&path).await, class, "{below}");
    }
    // Nor is it opened by a root above it.
    house.grant.roots = vec![house.dir.path().to_path_buf()];
    let notes = house.path("state/notes.txt");
    assert_eq!(
        house.class(notes.to_str().unwrap()).await,
        "path-not-allowed"
    );
    house.close().await;
}

#[tokio::test]
async fn secrets_are_kept_inside_of_a_root_too() {
    let house = House::new().await;
    for name in [
        ".env",
        ".env.local",
        "id_rsa",
        "id_ed25519.pub",
        "server.pem",
        "tls.key",
        ".ssh/known_hosts",
        ".aws/config",
        ".gnupg/a.txt",
        "credentials/a.txt",
        "wecom.json",
        "openclaw.json",
        "state.db-wal",
    ] {
        let path = house.write(&format!("work/{name}"), "some bytes");
        assert_eq!(house.class(&path).await, "path-not-allowed", "{name}");
    }
    house.close().await;
}

#[tokio::test]
async fn only_regular_files_go_out() {
    let house = House::new().await;
    house.write("work/sub/a.txt", "some bytes");
    house.write("work/empty.txt", "");
    house.write("work/five.txt", "12345");
    let made = std::process::Command::new("mkfifo")
        .arg(house.path("work/pipe.txt"))
        .status()
        .unwrap();
    assert!(made.success());
    for (text, class) in [
        ("./sub", "not-a-file"),
        ("pipe.txt", "not-a-file"),
        ("none.txt", "not-found"),
        ("none/none.txt", "not-found"),
        ("empty.txt", "empty"),
        ("five.txt", "rejected"),
        ("sub/", "invalid-reference"),
    ] {
        assert_eq!(house.class(text).await, class, "{text}");
    }
    house.close().await;
}

#[tokio::test]
async fn punctuation_behind_a_directive_is_tried_both_ways() {
    use wecom::channel::media::outbound::directive::take;

    let house = House::new().await;
    house.write("work/a.txt", "without it");
    house.write("work/b.txt。", "with it");
    let whole = house.path("work");
    let text = format!(
        "好的：\nMEDIA: {0}/a.txt。\nMEDIA: {0}/b.txt。\n请查收。",
        whole.display()
    );
    let taken = take(&text);
    assert_eq!(taken.text, "好的：\n请查收。");
    for reference in &taken.references {
        let outcome = house
            .sender
            .send(reference, &house.roots(), &house.chat)
            .await;
        assert_eq!(crate::house::class_of(&outcome), "ok");
    }
    let sizes: Vec<u64> = house.seen().into_iter().map(|(_, _, size)| size).collect();
    assert_eq!(sizes, [10, 7]);
    house.close().await;
}
