//! The skills extension: manifests, directories, and news of changes.

use std::time::Duration;

use rmcp::model::{
    DIRECTORY_MIME_TYPE, ListResourcesResult, ListSkillsResult, Resource, Skill as Manifest,
    SkillFrontmatter, SkillResource, SkillResources,
};
use rmcp::service::SubscriptionContext;
use rmcp::{ErrorData, Peer, RoleServer};
use serde_json::json;

use crate::skills::{Child, LiveSkills, Skill, SkillFile, SkillUri, Skills};

/// How often somebody who is told of changes is looked after: a connection that ended
/// without a word is noticed then.
const LOOK_AFTER: Duration = Duration::from_mins(1);

pub(super) fn list(skills: &Skills) -> ListSkillsResult {
    ListSkillsResult::with_all_items(skills.iter().map(manifest).collect())
}

/// # Errors
/// No skill is served there.
pub(super) fn get(skills: &Skills, uri: &str) -> Result<Manifest, ErrorData> {
    skills.by_uri(uri).map(manifest).ok_or_else(|| {
        ErrorData::invalid_params("there is no such skill", Some(json!({ "uri": uri })))
    })
}

fn manifest(skill: &Skill) -> Manifest {
    let mut front_matter = SkillFrontmatter::new(skill.name(), skill.description());
    front_matter.extra = skill
        .front_matter()
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "name" | "description"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let files = skill.files().iter().map(|file| {
        let uri = SkillUri::file(skill.name(), file.path());
        SkillResource::new(uri, file.digest(), file.size())
    });
    let files = SkillResources::Files(files.collect());
    Manifest::new(skill.uri(), front_matter, files)
}

/// A file of a skill as a resource; the main one under the skill's name.
pub(super) fn resource(skill: &Skill, file: &SkillFile) -> Resource {
    let uri = SkillUri::file(skill.name(), file.path());
    let is_main = uri == skill.uri();
    let name = if is_main {
        skill.name()
    } else {
        file.file_name()
    };
    let resource = Resource::new(uri, name)
        .with_mime_type(file.mime())
        .with_size(file.size());
    if is_main {
        resource.with_description(skill.description())
    } else {
        resource
    }
}

/// # Errors
/// It is no directory of a skill.
pub(super) fn directory(skills: &Skills, uri: &str) -> Result<ListResourcesResult, ErrorData> {
    let children = skills.directory(uri).ok_or_else(|| {
        ErrorData::invalid_params("there is no such directory", Some(json!({ "uri": uri })))
    })?;
    let resources = children.into_iter().map(|child| match child {
        Child::Directory { uri, name } => {
            Resource::new(uri, name).with_mime_type(DIRECTORY_MIME_TYPE)
        }
        Child::File { uri, file } => match skills.file_by_uri(&uri) {
            Some((skill, file)) => resource(skill, file),
            None => Resource::new(uri, file.file_name()),
        },
    });
    Ok(ListResourcesResult::with_all_items(resources.collect()))
}

/// Tells a subscriber of changes until it leaves.
pub(super) async fn tell_subscriber(skills: &LiveSkills, context: &SubscriptionContext) {
    let mut changes = skills.changes();
    changes.mark_unchanged();
    loop {
        tokio::select! {
            () = context.cancelled() => return,
            next = changes.changed() => if next.is_err() {
                return context.cancelled().await;
            }
        }
        let accepted = context.accepted();
        let resources = accepted.resources_list_changed == Some(true);
        let prompts = accepted.prompts_list_changed == Some(true);
        if resources && context.sink().notify_resource_list_changed().await.is_err() {
            return;
        }
        if prompts && context.sink().notify_prompt_list_changed().await.is_err() {
            return;
        }
    }
}

/// Tells a legacy session of changes until it ends.
pub(super) async fn tell_session(skills: &LiveSkills, peer: &Peer<RoleServer>) {
    if !skills.can_change() {
        return;
    }
    let mut changes = skills.changes();
    changes.mark_unchanged();
    while !peer.is_transport_closed() {
        match tokio::time::timeout(LOOK_AFTER, changes.changed()).await {
            Err(_) => {}
            Ok(Err(_)) => return,
            Ok(Ok(())) => {
                let told = peer.notify_resource_list_changed().await;
                if told.is_err() || peer.notify_prompt_list_changed().await.is_err() {
                    return;
                }
            }
        }
    }
}
