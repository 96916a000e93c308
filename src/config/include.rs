//! `$include`: other files inside the configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::document::{self, DocumentError};
use super::effective::Issue;
use super::environment::Environment;
use super::findings::Finding;
use super::load::LoadError;
use super::place::{Place, Step};

/// Files inside files inside files: at most this many levels.
const MAX_LEVELS: usize = 10;

/// Longest path of an included file, in characters.
const MAX_PATH_CHARS: usize = 4_096;

const KEY: &str = "$include";

/// The configuration with everything included.
#[derive(Debug)]
pub(crate) struct Included {
    pub(crate) root: Map<String, Value>,
    /// Where included values stand, and the file each comes from.
    pub(crate) origins: BTreeMap<Place, PathBuf>,
    /// Included files that group or others may use.
    pub(crate) open_files: Vec<PathBuf>,
    /// Every included file.
    pub(crate) files: Vec<PathBuf>,
}

/// Puts included files in. `main` is the file that `root` was read from.
pub(crate) fn expand(
    main: &Path,
    root: Map<String, Value>,
    env: &Environment,
) -> Result<Included, LoadError> {
    let mut includer = Includer {
        roots: allowed_roots(main, env),
        env,
        chain: vec![canonical(main)],
        origins: BTreeMap::new(),
        open_files: Vec::new(),
        files: Vec::new(),
    };
    let directory = main.parent().unwrap_or(Path::new(".")).to_path_buf();
    let root = includer.object(root, &Place::root(), &directory)?;
    Ok(Included {
        root,
        origins: includer.origins,
        open_files: includer.open_files,
        files: includer.files,
    })
}

impl Included {
    /// An empty configuration.
    pub(crate) fn nothing() -> Self {
        Self {
            root: Map::new(),
            origins: BTreeMap::new(),
            open_files: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The included file that supplies what stands at `place`; `None` is the main file.
    pub(crate) fn file(&self, place: &Place) -> Option<&Path> {
        let steps = place.steps();
        (0..=steps.len()).rev().find_map(|length| {
            let prefix = steps.get(..length)?;
            self.origins
                .get(&Place::from_steps(prefix))
                .map(PathBuf::as_path)
        })
    }

    /// The directory that relative paths at `place` start from: that of the file which
    /// contains them. `main` is the main file's.
    pub(crate) fn directory<'a>(&'a self, place: &Place, main: &'a Path) -> &'a Path {
        self.file(place).and_then(Path::parent).unwrap_or(main)
    }

    /// Included places as plain keys, for writers.
    pub(crate) fn as_keys(&self) -> BTreeMap<Vec<String>, PathBuf> {
        self.origins
            .iter()
            .map(|(place, file)| {
                let keys = place
                    .steps()
                    .iter()
                    .map(|step| match step {
                        Step::Key(key) => key.clone(),
                        Step::Index(index) => index.to_string(),
                    })
                    .collect();
                (keys, file.clone())
            })
            .collect()
    }
}

struct Includer<'e> {
    roots: Vec<PathBuf>,
    env: &'e Environment,
    /// Files being read, outermost first.
    chain: Vec<PathBuf>,
    origins: BTreeMap<Place, PathBuf>,
    open_files: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Includer<'_> {
    fn object(
        &mut self,
        mut object: Map<String, Value>,
        place: &Place,
        directory: &Path,
    ) -> Result<Map<String, Value>, LoadError> {
        let include = object.shift_remove(KEY);
        let mut own = Map::new();
        for (key, value) in object {
            let value = self.value(value, &place.key(&key), directory)?;
            own.insert(key, value);
        }
        let Some(include) = include else {
            return Ok(own);
        };
        let mut merged = Map::new();
        for path in paths(&include, place)? {
            let file = self.find(&path, place, directory)?;
            let content = self.file(&file, place)?;
            for key in content.keys() {
                self.origins.insert(place.key(key), file.clone());
            }
            merge(&mut merged, content);
        }
        for key in own.keys() {
            // What the main file says itself may be written there, unless both say a part.
            if !matches!(merged.get(key), Some(Value::Object(_))) {
                self.origins.remove(&place.key(key));
            }
        }
        merge(&mut merged, own);
        Ok(merged)
    }

    fn value(&mut self, value: Value, place: &Place, directory: &Path) -> Result<Value, LoadError> {
        Ok(match value {
            Value::Object(object) => Value::Object(self.object(object, place, directory)?),
            Value::Array(elements) => Value::Array(
                elements
                    .into_iter()
                    .enumerate()
                    .map(|(index, element)| self.value(element, &place.index(index), directory))
                    .collect::<Result<_, _>>()?,
            ),
            other => other,
        })
    }

    /// The file that a path leads to, links resolved, if it may be included.
    fn find(&self, path: &str, place: &Place, directory: &Path) -> Result<PathBuf, LoadError> {
        if path.chars().count() >= MAX_PATH_CHARS {
            return Err(refuse(
                place,
                "the path is longer than 4,095 characters".to_owned(),
                "shorten it",
            ));
        }
        let named = directory.join(self.env.expand_tilde(path));
        let file = std::fs::canonicalize(&named).map_err(|error| {
            refuse(
                place,
                format!("`{path}` cannot be included: {error}"),
                "check the path; it is relative to the file that includes",
            )
        })?;
        if !self.roots.iter().any(|root| file.starts_with(root)) {
            return Err(refuse(
                place,
                format!("`{path}` lies outside the directory of the configuration"),
                "move it there, or list its directory in WECOM_INCLUDE_ROOTS",
            ));
        }
        if self.chain.contains(&file) {
            return Err(refuse(
                place,
                format!("`{path}` includes itself, directly or by way of others"),
                "remove one $include of the circle",
            ));
        }
        if self.chain.len() > MAX_LEVELS {
            return Err(refuse(
                place,
                format!("files are included more than {MAX_LEVELS} levels deep"),
                "include them from fewer files",
            ));
        }
        Ok(file)
    }

    fn file(&mut self, file: &Path, place: &Place) -> Result<Map<String, Value>, LoadError> {
        let Some(raw) = document::read(file)? else {
            return Err(LoadError::Document(DocumentError::Io {
                path: file.to_path_buf(),
                source: std::io::ErrorKind::NotFound.into(),
            }));
        };
        if raw.open_to_others {
            self.open_files.push(file.to_path_buf());
        }
        self.files.push(file.to_path_buf());
        let root = document::parse(file, &raw.text)?;
        self.chain.push(file.to_path_buf());
        let directory = file.parent().unwrap_or(Path::new(".")).to_path_buf();
        let content = self.object(root, place, &directory);
        self.chain.pop();
        content
    }
}

fn paths(include: &Value, place: &Place) -> Result<Vec<String>, LoadError> {
    let path = |value: &Value| match value {
        Value::String(path) if !path.is_empty() => Ok(path.clone()),
        _ => Err(refuse(
            place,
            "$include must be a path or a list of paths".to_owned(),
            "write \"$include\": \"./other.json\"",
        )),
    };
    match include {
        Value::Array(paths) => paths.iter().map(path).collect(),
        single => Ok(vec![path(single)?]),
    }
}

fn refuse(place: &Place, message: String, fix: &str) -> LoadError {
    let issue: Issue = Finding::error("include", place.key(KEY), message, fix).into_issue();
    LoadError::Include(Box::new(issue))
}

/// Directories that may be included from: the main file's, and those of the path lists.
fn allowed_roots(main: &Path, env: &Environment) -> Vec<PathBuf> {
    let listed = ["WECOM_INCLUDE_ROOTS", "OPENCLAW_INCLUDE_ROOTS"]
        .iter()
        .filter_map(|name| env.variable(name))
        .flat_map(|list| std::env::split_paths(list).collect::<Vec<_>>())
        .filter(|path| !path.as_os_str().is_empty())
        .map(|path| match path.to_str() {
            Some(text) => env.expand_tilde(text),
            None => path,
        });
    main.parent()
        .map(Path::to_path_buf)
        .into_iter()
        .chain(listed)
        .map(|root| canonical(&root))
        .collect()
}

fn canonical(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

/// Objects are merged key by key, anything else is replaced.
fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Files(tempfile::TempDir);

    impl Files {
        fn new(files: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            for (name, text) in files {
                let path = folder.path().join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            Self(folder)
        }

        fn expand(&self, env: &Environment) -> Result<Included, String> {
            let main = self.0.path().join("main/wecom.json");
            let raw = document::read(&main).unwrap().unwrap();
            let root = document::parse(&main, &raw.text).unwrap();
            expand(&main, root, env).map_err(|error| error.to_string())
        }
    }

    #[test]
    fn files_are_merged_in_order_and_siblings_win() {
        let files = Files::new(&[
            (
                "main/wecom.json",
                "{ a: { $include: ['./one.json', 'sub/two.json'], x: 'own' }, b: { $include: './one.json' } }",
            ),
            ("main/one.json", "{ x: 1, deep: { p: 1, q: 1 }, only: [1] }"),
            (
                "main/sub/two.json",
                "{ x: 2, deep: { q: 2 }, $include: './three.json' }",
            ),
            ("main/sub/three.json", "{ three: 3, x: 3 }"),
        ]);
        let included = files.expand(&Environment::default()).unwrap();
        assert_eq!(
            Value::Object(included.root.clone()),
            json!({
                "a": { "x": "own", "deep": { "p": 1, "q": 2 }, "only": [1], "three": 3 },
                "b": { "x": 1, "deep": { "p": 1, "q": 1 }, "only": [1] }
            })
        );
        let origin = |place: &str| {
            included
                .origins
                .get(&Place::of(place))
                .map(|file| file.file_name().unwrap().to_str().unwrap().to_owned())
        };
        assert_eq!(origin("a.only").as_deref(), Some("one.json"));
        assert_eq!(origin("a.x"), None);
        assert_eq!(origin("b.x").as_deref(), Some("one.json"));
        let main = files.0.path().join("main");
        let directory = included.directory(&Place::of("a.three"), &main);
        assert!(directory.ends_with("main/sub"), "{}", directory.display());
        assert_eq!(included.directory(&Place::of("a.x"), &main), main);
    }

    #[test]
    fn circles_and_places_outside_are_refused() {
        let circle = Files::new(&[
            ("main/wecom.json", "{ $include: './a.json' }"),
            ("main/a.json", "{ x: { $include: './wecom.json' } }"),
        ]);
        assert_eq!(
            circle.expand(&Environment::default()).unwrap_err(),
            "x.$include: `./wecom.json` includes itself, directly or by way of others"
        );
        let outside = Files::new(&[
            ("main/wecom.json", "{ $include: '../other/a.json' }"),
            ("other/a.json", "{ x: 1 }"),
        ]);
        let refused = outside.expand(&Environment::default()).unwrap_err();
        assert!(refused.contains("lies outside"), "{refused}");
        let roots = outside.0.path().join("other").display().to_string();
        let env = Environment::from_variables([("WECOM_INCLUDE_ROOTS", roots)]);
        assert!(outside.expand(&env).is_ok());
        let missing = Files::new(&[("main/wecom.json", "{ $include: './none.json' }")]);
        assert!(
            missing
                .expand(&Environment::default())
                .unwrap_err()
                .contains("cannot be included")
        );
        let shape = Files::new(&[("main/wecom.json", "{ $include: 5 }")]);
        assert!(
            shape
                .expand(&Environment::default())
                .unwrap_err()
                .contains("a path or a list")
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_directory_is_outside() {
        let files = Files::new(&[
            ("main/wecom.json", "{ $include: './a.json' }"),
            ("other/a.json", "{}"),
        ]);
        let target = files.0.path().join("other/a.json");
        std::os::unix::fs::symlink(target, files.0.path().join("main/a.json")).unwrap();
        assert!(
            files
                .expand(&Environment::default())
                .unwrap_err()
                .contains("lies outside")
        );
    }

    #[test]
    fn ten_levels_are_enough() {
        let chain = |levels: usize| {
            let mut files = vec![(
                "main/wecom.json".to_owned(),
                "{ $include: './1.json' }".to_owned(),
            )];
            for level in 1..=levels {
                let text = if level == levels {
                    "{ end: true }".to_owned()
                } else {
                    format!("{{ $include: './{}.json' }}", level + 1)
                };
                files.push((format!("main/{level}.json"), text));
            }
            let files: Vec<(&str, &str)> = files
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_str()))
                .collect();
            Files::new(&files)
                .expand(&Environment::default())
                .map(|included| included.root)
        };
        assert_eq!(Value::Object(chain(10).unwrap()), json!({ "end": true }));
        assert!(chain(11).unwrap_err().contains("more than 10 levels"));
    }
}
