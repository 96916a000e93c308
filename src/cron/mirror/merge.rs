//! What an edited file means for the jobs of the store.

use std::collections::{HashMap, HashSet};

use super::{Imported, MirrorError, Written};
use crate::cron::desk::{Desk, DeskError, Past, Seen};
use crate::cron::job::Job;
use crate::cron::normalise::Quarantined;

/// Applies the jobs of an edited file. The second answer names the jobs that were taken
/// over; what breaks a rule goes to `refused`, and its job stays as it was.
pub(super) async fn apply(
    desk: &Desk,
    written: &Written,
    jobs: &[Job],
    refused: &mut Vec<Quarantined>,
) -> Result<(Imported, HashSet<String>), MirrorError> {
    let mut imported = Imported::default();
    let mut mended = HashSet::new();
    let present = desk.all().await?;
    let known: HashMap<&str, &Seen> = present
        .iter()
        .map(|seen| (seen.job.id.as_str(), seen))
        .collect();
    let was_written: HashSet<&str> = written.ids.iter().map(String::as_str).collect();
    let ours = |seen: &Seen| seen.job.updated_at_ms > written.at_ms && !written.sha256.is_empty();
    let mut new = Vec::new();
    for job in jobs {
        let id = job.id.as_str();
        match known.get(id) {
            // The store removed it after the file was written.
            None if was_written.contains(id) => imported.conflicts += 1,
            None => new.push(job.clone()),
            Some(seen) if same(&seen.job, job)? => {}
            Some(seen) if ours(seen) => imported.conflicts += 1,
            Some(_) => {
                let changed = desk
                    .change(id, |present| {
                        take(present, job);
                        Ok(())
                    })
                    .await;
                if taken(changed, job, refused)? {
                    mended.insert(id.to_owned());
                    imported.changed += 1;
                }
            }
        }
    }
    let results = desk.import(new.clone(), Past::Forgotten).await?;
    for (job, result) in new.iter().zip(results) {
        if taken(result, job, refused)? {
            mended.insert(job.id.to_string());
            imported.added += 1;
        }
    }
    // A row that is refused removes no job: its text is set aside, the job stays.
    let named: HashSet<String> = (jobs.iter().map(|job| job.id.to_string()))
        .chain(refused.iter().filter_map(Quarantined::id))
        .collect();
    for seen in &present {
        let id = seen.job.id.as_str();
        if named.contains(id) || !was_written.contains(id) {
            continue;
        }
        if ours(seen) {
            imported.conflicts += 1;
        } else {
            desk.remove(id).await?;
            imported.removed += 1;
        }
    }
    Ok((imported, mended))
}

/// Whether the desk took a job. One that breaks a rule is set aside; the others go on.
pub(super) fn taken(
    result: Result<Job, DeskError>,
    job: &Job,
    refused: &mut Vec<Quarantined>,
) -> Result<bool, MirrorError> {
    match result {
        Ok(_) => Ok(true),
        Err(
            error @ (DeskError::Invalid(_) | DeskError::Schedule(_) | DeskError::TooMany { .. }),
        ) => {
            refused.push(Quarantined {
                reason: error.to_string(),
                job: serde_json::to_value(job)?,
            });
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether two versions differ in nothing that people write.
pub(super) fn same(ours: &Job, theirs: &Job) -> Result<bool, DeskError> {
    let mut theirs = theirs.clone();
    theirs.created_at_ms = ours.created_at_ms;
    theirs.updated_at_ms = ours.updated_at_ms;
    Ok(ours.enabled == theirs.enabled && ours.definition()? == theirs.definition()?)
}

/// The state is the store's: the desk renews it where the schedule is another.
pub(super) fn take(present: &mut Job, edited: &Job) {
    *present = Job {
        created_at_ms: present.created_at_ms,
        state: present.state.clone(),
        ..edited.clone()
    };
}
