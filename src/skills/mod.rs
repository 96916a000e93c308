//! Agent Skills: texts that teach an agent to work in WeCom, served next to the tool.
//!
//! A skill is a folder: `SKILL.md`, YAML front matter and Markdown, and files that it
//! points to. Sixteen are part of the program ([`Skills::built_in`]); the configuration
//! can name folders with others, or with other editions of these ([`LiveSkills::start`]).
//!
//! [`Skills`] is one moment's state. Whoever serves skills takes one for each answer, so
//! that files and the digests given for them belong together.

mod embedded;
mod folder;
mod front_matter;
mod install;
mod links;
mod live;
mod mime;
mod problem;
mod set;
mod skill;
mod sources;
pub mod tool;
mod uri;

pub use folder::{DirError, Loaded, load_dir};
pub use install::{InstallError, Installed, Outcome, install};
pub use live::LiveSkills;
pub use problem::{Problem, Rule, Severity};
pub use set::{Child, Skills};
pub use skill::{SKILL_FILE, Skill, SkillFile};
pub use sources::{Reading, SkillSources};
pub use uri::{SCHEME, SkillUri};
