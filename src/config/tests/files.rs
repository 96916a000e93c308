use std::path::Path;

use super::*;

struct Home(tempfile::TempDir);

impl Home {
    fn new(files: &[(&str, &str)]) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            home.write(name, text, 0o600);
        }
        home
    }

    fn write(&self, name: &str, text: &str, mode: u32) {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    fn location(&self) -> Location {
        Location {
            home: self.0.path().to_path_buf(),
            path: self.0.path().join("wecom.json"),
            read_only: false,
        }
    }

    fn load(&self) -> Result<Loaded, LoadError> {
        load(&self.location(), &environment(&[]))
    }
}

#[test]
fn without_a_file_everything_has_its_default() {
    let home = Home::new(&[]);
    let loaded = home.load().unwrap();
    assert!(!loaded.found);
    assert_eq!(found(&loaded), Vec::<String>::new());
    assert_eq!(loaded.config.gateway, GatewaySettings::default());
    assert_eq!(loaded.config.agents.default_agent.as_deref(), Some("main"));
    let location = home.location();
    assert_eq!(
        loaded.watched,
        [location.path.clone(), location.dotenv_path()]
    );
}

#[test]
fn the_example_loads() {
    let home = Home::new(&[
        (
            "wecom.json",
            r#"{
  channels: {
    wecom: {
      enabled: true,
      defaultAccount: "hq",
      dmPolicy: "pairing",
      network: { egressProxyUrl: "${OFFICE_PROXY}" },
      accounts: {
        hq: {
          botId: "aibEXAMPLEhq",
          secret: { source: "env", provider: "default", id: "WECOM_HQ_SECRET" },
          agent: {
            corpId: "ww00112233445566aa",
            corpSecret: "${WECOM_HQ_CORP_SECRET}",
            agentId: 1000007,
            token: "exampleToken7",
            encodingAESKey: "${WECOM_HQ_AES}",
          },
        },
        plant: {
          connectionMode: "webhook",
          token: "plantToken01",
          encodingAESKey: "${WECOM_PLANT_AES}",
          groups: { wrPLANTgroup0001: { allowFrom: ["zhaoliu", "sunqi"] } },
        },
      },
    },
  },
  bindings: [
    { agentId: "desk", match: { channel: "wecom", accountId: "hq" } },
    { agentId: "ops", match: { channel: "wecom", accountId: "plant" } },
  ],
  agents: { list: [{ id: "desk", default: true }, { id: "ops" }] },
}"#,
        ),
        (
            ".env",
            &format!(
                "OFFICE_PROXY=http://proxy.example:3128\nWECOM_HQ_SECRET=s1\n\
                 WECOM_HQ_CORP_SECRET=s2\nWECOM_HQ_AES={KEY}\nWECOM_PLANT_AES={KEY}\n"
            ),
        ),
    ]);
    let loaded = home.load().unwrap();
    assert!(loaded.found);
    let errors: Vec<String> = found(&loaded)
        .into_iter()
        .filter(|line| !line.starts_with("Info"))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    let hq = account(&loaded, "hq");
    assert_eq!(
        hq.bot_socket.unwrap().proxy,
        Some("http://proxy.example:3128".into())
    );
    assert!(hq.agent_app.unwrap().receive.is_some());
    assert!(account(&loaded, "plant").bot_webhook.is_some());
    assert_eq!(loaded.config.default_account.as_str(), "hq");
    assert_eq!(loaded.config.bindings.len(), 2);
}

#[test]
fn a_byte_order_mark_is_skipped_and_bad_bytes_are_named() {
    let home = Home::new(&[(
        "wecom.json",
        "\u{feff}{ channels: { wecom: { name: '企' } } }",
    )]);
    assert_eq!(account(&home.load().unwrap(), "default").name, "企");
    std::fs::write(home.location().path, b"{ a: '\xff' }").unwrap();
    let issues = home.load().unwrap_err().issues();
    assert_eq!(issues[0].code, "file_encoding");
    assert!(
        issues[0].message.contains("byte 6"),
        "{}",
        issues[0].message
    );
}

#[test]
fn a_text_is_checked_like_a_file() {
    let location = nowhere();
    let env = environment(&[]);
    let large = format!("{{}}{}", " ".repeat(4_194_303));
    assert!(matches!(
        load_text(&large, &location, &env),
        Err(LoadError::Document(document::DocumentError::TooLarge {
            bytes: 4_194_305,
            ..
        }))
    ));
    let syntax = load_text(
        "{ channels: { wecom: { botId: 1, botId: 2 } } }",
        &location,
        &env,
    );
    let issues = syntax.unwrap_err().issues();
    assert_eq!(
        (issues[0].code, issues[0].path.as_str()),
        ("syntax", "channels.wecom.botId")
    );
    assert!(
        issues[0].message.contains("wecom.json:1:34:"),
        "{}",
        issues[0].message
    );
}

#[test]
fn included_files_are_watched_and_their_paths_start_from_themselves() {
    let home = Home::new(&[(
        "wecom.json",
        "{ channels: { wecom: { $include: './sub/account.json', name: 'own' } } }",
    )]);
    std::fs::create_dir(home.0.path().join("sub")).unwrap();
    home.write("sub/account.json", "{ enabled: true, botId: 'b', secret: { file: 'secret' }, tls: { caFile: 'ca.pem' }, name: 'x' }", 0o600);
    home.write("sub/secret", "s9\n", 0o600);
    let loaded = home.load().unwrap();
    let bot = account(&loaded, "default").bot_socket.unwrap();
    assert_eq!(bot.secret.reveal(), "s9");
    let real = std::fs::canonicalize(home.0.path()).unwrap();
    assert_eq!(bot.tls.ca_file, Some(real.join("sub/ca.pem")));
    assert!(loaded.watched.contains(&real.join("sub/account.json")));
    assert!(loaded.watched.contains(&real.join("sub/secret")));
    let included = |path: &[&str]| loaded.sources.included_from(path).map(Path::to_path_buf);
    assert_eq!(
        included(&["channels", "wecom", "botId"]),
        Some(real.join("sub/account.json"))
    );
    assert_eq!(included(&["channels", "wecom", "name"]), None);
    assert_eq!(account(&loaded, "default").name, "own");
}

#[test]
fn dotenv_lines_that_are_not_taken_are_named() {
    let home = Home::new(&[("wecom.json", "{}"), (".env", "A=1\n2=x\n")]);
    let loaded = home.load().unwrap();
    assert_eq!(places(&loaded, "dotenv_line"), ["env"]);
    assert!(
        all_issues(&loaded.config)[0]
            .message
            .starts_with("line 2 of ")
    );
}

#[cfg(unix)]
#[test]
fn others_must_not_read_literal_secrets() {
    let home = Home::new(&[]);
    let open = |text: &str| {
        home.write("wecom.json", text, 0o644);
        let loaded = home
            .load()
            .unwrap_or_else(|error| error.loaded().unwrap().clone());
        places(&loaded, "secret_literal_world_readable")
    };
    let text = |secret: &str| {
        format!("{{ channels: {{ wecom: {{ enabled: true, botId: 'b', secret: {secret} }} }} }}")
    };
    assert_eq!(open(&text("'literal'")), ["channels.wecom.secret"]);
    assert_eq!(open(&text("'${NONE}'")), Vec::<String>::new());
    assert_eq!(open(&text("{ env: 'NONE' }")), Vec::<String>::new());
    assert_eq!(open("{}"), Vec::<String>::new());
    home.write("wecom.json", &text("'literal'"), 0o600);
    assert_eq!(
        places(&home.load().unwrap(), "secret_literal_world_readable"),
        Vec::<String>::new()
    );
    home.write("secret", "s", 0o644);
    assert_eq!(open(&text("{ file: 'secret' }")), ["channels.wecom.secret"]);
}

#[test]
fn media_roots() {
    let home = Home::new(&[]);
    std::fs::create_dir(home.0.path().join("good")).unwrap();
    std::fs::create_dir(home.0.path().join("operator")).unwrap();
    let state = home.0.path().join("operator/state");
    std::fs::create_dir(&state).unwrap();
    let location = Location {
        path: home.0.path().join("wecom.json"),
        home: state.clone(),
        read_only: false,
    };
    let env = environment(&[]).with_home_dir(home.0.path().join("operator"));
    let text = |root: &str| {
        format!(
            "{{ channels: {{ wecom: {{ enabled: true, botId: 'b', secret: 's', mediaLocalRoots: ['{root}'] }} }} }}"
        )
    };
    let code = |root: &str| {
        let loaded = match load_text(&text(root), &location, &env) {
            Ok(loaded) => loaded,
            Err(error) => error.loaded().unwrap().clone(),
        };
        let codes: Vec<&str> = all_issues(&loaded.config)
            .iter()
            .map(|issue| issue.code)
            .filter(|code| code.starts_with("media_root"))
            .collect();
        (
            codes.join(" "),
            account(&loaded, "default").media.local_roots.len(),
        )
    };
    let path = |path: &Path| path.display().to_string();
    assert_eq!(code("good"), (String::new(), 1));
    assert_eq!(code(&path(&home.0.path().join("good"))), (String::new(), 1));
    assert_eq!(code("missing"), ("media_root_missing".into(), 1));
    for bad in ["/", "~", &path(&state), &path(home.0.path())] {
        assert_eq!(code(bad), ("media_roots_invalid".into(), 0), "{bad}");
    }
    assert_eq!(
        code(&path(&state.join("media"))),
        ("media_root_missing".into(), 1)
    );
}

#[test]
fn media_are_not_kept_where_everything_lies() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name).display().to_string();
    std::fs::create_dir_all(home.path().join("operator/state")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(path("operator"), path("link")).unwrap();
    let location = Location {
        path: home.path().join("wecom.json"),
        home: home.path().join("operator/state"),
        read_only: false,
    };
    let env = environment(&[]).with_home_dir(home.path().join("operator"));
    let kept_in = |dir: &str| {
        let text = format!(
            "{{ channels: {{ wecom: {{ enabled: true, botId: 'b', secret: 's', media: {{ tempDir: '{dir}' }} }} }} }}"
        );
        let loaded = match load_text(&text, &location, &env) {
            Ok(loaded) => loaded,
            Err(error) => error.loaded().unwrap().clone(),
        };
        let is_refused = all_issues(&loaded.config)
            .iter()
            .any(|issue| issue.code == "media_temp_dir_invalid");
        let dir = account(&loaded, "default").media.temp_dir.clone();
        (is_refused, dir.display().to_string())
    };
    assert_eq!(kept_in(&path("cache")), (false, path("cache")));
    assert_eq!(kept_in(""), (false, path("operator/state/media")));
    for bad in ["/", "~", &path("operator"), &path("operator/state/..")] {
        assert_eq!(kept_in(bad), (true, path("operator/state/media")), "{bad}");
    }
    #[cfg(unix)]
    assert!(kept_in(&path("link")).0);
}
