use serde_json::json;

use super::*;

fn resolve(reference: &Value, providers: &Value, base: &Path) -> Result<String, String> {
    let environment = Environment::from_variables([("WECOM_SECRET", "from-env")]);
    let variables = Variables::new(&environment, BTreeMap::new(), BTreeMap::new());
    let mut secrets = Secrets::new(&variables, &environment);
    secrets.declare(serde_json::from_value(providers.clone()).unwrap());
    secrets
        .resolve(reference.as_object().unwrap(), base)
        .map(|resolved| resolved.text)
        .map_err(|error| error.to_string())
}

#[test]
fn forms_that_lead_nowhere_say_why() {
    let providers = json!({ "files": { "source": "file" }, "vault": { "source": "exec" } });
    for (reference, error) in [
        (
            json!({ "env": "NONE" }),
            "the variable NONE is missing or empty",
        ),
        (
            json!({ "env": "lower" }),
            "`env` does not hold the name of an environment variable",
        ),
        (
            json!({ "env": "A", "file": "b" }),
            "the reference has none of the known forms",
        ),
        (
            json!({ "source": "env" }),
            "the reference has none of the known forms",
        ),
        (
            json!({ "source": "store", "provider": "default", "id": "x" }),
            "the source `store` belongs to OpenClaw's own store, which is not shared",
        ),
        (
            json!({ "source": "cloud", "id": "x" }),
            "`source` is not one of env, file, exec",
        ),
        (
            json!({ "source": "exec", "provider": "none", "id": "x" }),
            "the provider `none` is not declared under secrets.providers",
        ),
        (
            json!({ "source": "exec", "provider": "files", "id": "x" }),
            "the provider `files` is not of the source `exec`",
        ),
        (
            json!({ "source": "exec", "provider": "vault", "id": "a/../b" }),
            "`id` does not have the form that its source asks for",
        ),
        (
            json!({ "source": "exec", "provider": "vault", "id": "x" }),
            "the provider `vault` has no `command`",
        ),
        (
            json!({ "source": "file", "provider": "files", "id": "/x" }),
            "the provider `files` has no `path`",
        ),
    ] {
        assert_eq!(
            resolve(&reference, &providers, Path::new("/")),
            Err(error.to_owned())
        );
    }
}

#[test]
fn variables() {
    let none = json!({});
    for reference in [
        json!({ "env": "WECOM_SECRET" }),
        json!({ "source": "env", "provider": "default", "id": "WECOM_SECRET" }),
        json!({ "source": "env", "id": "WECOM_SECRET" }),
    ] {
        assert_eq!(
            resolve(&reference, &none, Path::new("/")),
            Ok("from-env".to_owned())
        );
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn write(path: &Path, text: &str, mode: u32) {
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn files() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path();
        write(&base.join("one"), "s3cret\n", 0o600);
        write(
            &base.join("all.json"),
            r#"{"wecom":{"secret":"s4","n":1}}"#,
            0o600,
        );
        write(&base.join("open"), "s5", 0o644);
        symlink(base.join("one"), base.join("link")).unwrap();
        let path = |name: &str| base.join(name).display().to_string();
        let providers = json!({
            "one": { "source": "file", "path": path("one"), "mode": "singleValue" },
            "all": { "source": "file", "path": path("all.json") },
            "open": { "source": "file", "path": path("open"), "mode": "singleValue" },
            "link": { "source": "file", "path": path("link"), "mode": "singleValue" },
        });
        let provided = |provider: &str, id: &str| {
            resolve(
                &json!({ "source": "file", "provider": provider, "id": id }),
                &providers,
                base,
            )
        };
        assert_eq!(
            resolve(&json!({ "file": "one" }), &providers, base),
            Ok("s3cret".into())
        );
        assert_eq!(
            resolve(&json!({ "file": "link" }), &providers, base),
            Ok("s3cret".into())
        );
        assert_eq!(provided("one", "value"), Ok("s3cret".into()));
        assert_eq!(provided("all", "/wecom/secret"), Ok("s4".into()));
        for (result, error) in [
            (provided("one", "/x"), "does not have the form"),
            (provided("all", "/wecom/n"), "has no text at /wecom/n"),
            (provided("open", "value"), "group or others may use"),
            (provided("link", "value"), "symbolic or hard link"),
            (
                resolve(&json!({ "file": "." }), &providers, base),
                "is not a regular file",
            ),
            (
                resolve(&json!({ "file": "none" }), &providers, base),
                "cannot be read",
            ),
        ] {
            let message = result.unwrap_err();
            assert!(message.contains(error), "{message}");
        }
    }

    #[test]
    fn programs() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("vault");
        write(
            &script,
            "#!/bin/sh\nread -r request\ncase \"$1\" in\n\
             json) printf '{\"protocolVersion\":1,\"values\":{\"a/b\":\"s6\"}}' ;;\n\
             bare) echo s7 ;;\n\
             long) head -c 70000 /dev/zero ;;\n\
             echo) case \"$request\" in *'\"ids\":[\"a/b\"]'*) echo asked ;; esac ;;\n\
             *) exit 3 ;;\nesac\n",
            0o700,
        );
        let asked = |argument: &str| {
            exec::ask(&script, &[argument.to_owned()], "vault", "a/b")
                .map_err(|error| error.to_string())
        };
        assert_eq!(asked("json"), Ok("s6".into()));
        assert_eq!(asked("bare"), Ok("s7".into()));
        assert_eq!(asked("echo"), Ok("asked".into()));
        assert!(asked("long").unwrap_err().contains("64 KiB"));
        assert!(asked("fail").unwrap_err().contains("failed"));
        let relative = exec::ask(Path::new("sh"), &[], "vault", "x").unwrap_err();
        assert!(relative.to_string().contains("absolute"));
    }
}
