// SPDX-License-Identifier: MIT
//! `hyperzoom recover`.

use super::shared::{say, say_json};
use crate::disk::repair::{self, Outcome};
use crate::studio;
use crate::words::Container;
use anyhow::bail;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Finish in place what a crash left behind.
#[derive(Debug, clap::Args)]
pub struct Recover {
    /// Recordings that were not finished
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Only tell what would be done
    #[arg(long, conflicts_with = "undo")]
    check: bool,
    /// Take a finished or recovered file back to what it was
    #[arg(long)]
    undo: bool,
    /// One JSON object a line on standard output
    #[arg(long)]
    json: bool,
}

impl Recover {
    /// Recovers each file; the first sentence of failure ends in exit 1, after the others were tried.
    pub fn run(self) -> anyhow::Result<()> {
        let mut failures = Vec::new();
        for file in &self.files {
            if let Err(why) = self.one(file) {
                failures.push(format!("{why:#}"));
            }
        }
        if failures.is_empty() { Ok(()) } else { bail!(failures.join("\nhyperzoom: ")) }
    }

    fn one(&self, file: &Path) -> anyhow::Result<()> {
        if self.undo {
            repair::undo(file)?;
            return self.answer(file, "undone", format!("{}: as it was before it was finished", file.display()), None);
        }
        let (outcome, metadata) = match self.check {
            true => (studio::check(file)?, false),
            false => {
                let recovered = studio::recover(file)?;
                (recovered.outcome, recovered.metadata_written)
            }
        };
        match outcome {
            Outcome::AlreadyFinished => {
                self.answer(file, "finished", format!("{}: finished already, nothing to do", file.display()), None)
            }
            Outcome::Recovered(summary) => {
                let (word, state) =
                    if self.check { ("can be recovered", "recoverable") } else { ("recovered", "recovered") };
                let torn = match summary.torn_bytes {
                    0 => String::new(),
                    bytes => format!(", {bytes} bytes at its end were torn"),
                };
                let beside = if metadata { ", metadata written anew" } else { "" };
                let kind = kind(file);
                let text = format!("{}: {kind} {word}, {:.2} s{torn}{beside}", file.display(), summary.duration_s);
                let details = json!({ "container": kind.extension(), "seconds": summary.duration_s,
                                      "samples": summary.samples, "torn_bytes": summary.torn_bytes });
                self.answer(file, state, text, Some(details))
            }
        }
    }

    fn answer(&self, file: &Path, state: &str, text: String, details: Option<serde_json::Value>) -> anyhow::Result<()> {
        if !self.json {
            say(text);
            return Ok(());
        }
        let mut object = json!({ "event": "recover", "file": file, "state": state });
        if let (Some(object), Some(serde_json::Value::Object(details))) = (object.as_object_mut(), details) {
            object.extend(details);
        }
        say_json(&object)
    }
}

/// What the file is: the boxes of MP4 and MOV are the same, so its name decides.
fn kind(file: &Path) -> Container {
    let named = file.extension().and_then(|ending| Container::of_extension(&ending.to_string_lossy()));
    named.unwrap_or(Container::Mp4)
}
