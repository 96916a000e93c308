//! Taking over a job file of another program, or of another machine. It adds and changes
//! jobs and removes none, and doing it twice is doing it once.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;

use super::merge::{same, take, taken};
use super::{Imported, Mirror, MirrorError, quarantine};
use crate::cron::desk::{Past, Seen};
use crate::cron::job::{Job, JobState};
use crate::cron::normalise::read_file;

/// What lists of jobs show beside a job, and is none of it.
const SHOWN: [&str; 2] = ["status", "effectiveAgentId"];

impl Mirror {
    /// Takes over the jobs of a file, and what became of them elsewhere: as it stands in
    /// the jobs, or in the file of states beside them.
    ///
    /// Of a job that is known here already the past is ours; it is changed where the file
    /// says something else. When each job is due is told anew.
    ///
    /// # Errors
    /// [`MirrorError::Source`]: the text is no job file; [`MirrorError::Broken`]: the mirror
    /// has to be mended first. Nothing was changed.
    pub async fn import(&self, text: &str, states: Option<&str>) -> Result<Imported, MirrorError> {
        self.write().await?;
        let one_at_a_time = self.turn.lock().await;
        let zone = self.desk.default_zone()?;
        let mut file = read_file(text, self.clock.now_ms(), &zone).map_err(MirrorError::Source)?;
        let mut states = states.map_or_else(|| Ok(States::default()), read_states)?;
        let present = self.desk.all().await?;
        let known: HashMap<&str, &Seen> = present
            .iter()
            .map(|seen| (seen.job.id.as_str(), seen))
            .collect();
        let mut imported = Imported::default();
        let mut refused = std::mem::take(&mut file.quarantined);
        let mut mended = HashSet::new();
        let mut new = Vec::new();
        for mut job in file.jobs {
            for key in SHOWN {
                job.extra.shift_remove(key);
            }
            if let Some(state) = states.jobs.remove(job.id.as_str()) {
                job.state = state;
            }
            let id = job.id.as_str();
            match known.get(id) {
                None if file.unnamed.contains(id) && is_there(&present, &job)? => {
                    imported.unchanged += 1;
                }
                None => new.push(job),
                Some(seen) if same(&seen.job, &job)? => imported.unchanged += 1,
                Some(_) => {
                    let changed = self
                        .desk
                        .change(id, |present| {
                            take(present, &job);
                            Ok(())
                        })
                        .await;
                    if taken(changed, &job, &mut refused)? {
                        mended.insert(id.to_owned());
                        imported.changed += 1;
                    }
                }
            }
        }
        let results = self.desk.import(new.clone(), Past::Kept).await?;
        for (job, result) in new.iter().zip(results) {
            if taken(result, job, &mut refused)? {
                mended.insert(job.id.to_string());
                imported.added += 1;
            }
        }
        self.quarantine.update(&mended, &refused).await?;
        quarantine::report(&mut imported, refused);
        drop(one_at_a_time);
        self.write().await?;
        Ok(imported)
    }
}

/// Whether a job without an id of its own was taken over before.
fn is_there(present: &[Seen], job: &Job) -> Result<bool, MirrorError> {
    let mut theirs = job.clone();
    for Seen { job: ours, .. } in present.iter().filter(|seen| seen.job.name == job.name) {
        theirs.id = ours.id.clone();
        if same(ours, &theirs)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What became of jobs, by their ids.
#[derive(Debug, Default)]
struct States {
    jobs: HashMap<String, JobState>,
}

fn read_states(text: &str) -> Result<States, MirrorError> {
    #[derive(Deserialize)]
    struct File {
        #[serde(default)]
        jobs: HashMap<String, Row>,
    }
    #[derive(Deserialize)]
    struct Row {
        #[serde(default)]
        state: Value,
    }
    let file: File = serde_json::from_str(text).map_err(MirrorError::States)?;
    // A state that can't be read is worth less than its job, which then begins anew.
    let read = |(id, row): (String, Row)| Some((id, serde_json::from_value(row.state).ok()?));
    Ok(States {
        jobs: file.jobs.into_iter().filter_map(read).collect(),
    })
}
