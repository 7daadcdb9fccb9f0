// SPDX-License-Identifier: MIT
//! `hyperzoom doctor`: what this machine can do, which encoders were chosen and why, and what is missing.

use super::shared::{Shared, say, say_json, start_media};
use crate::studio::{Examination, examine};
use anyhow::bail;

/// Tell what this machine can do.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    #[command(flatten)]
    shared: Shared,
}

impl Doctor {
    /// Examines and prints; fails if no master can be recorded.
    pub fn run(self) -> anyhow::Result<()> {
        start_media()?;
        let found = examine(&self.shared.recordings()?);
        if self.shared.json {
            say_json(&found)?;
        } else {
            print(&found);
        }
        if found.can_record() { Ok(()) } else { bail!("no master can be recorded here; see above for what to install") }
    }
}

fn print(found: &Examination) {
    say(format!("GStreamer       {}", found.gstreamer));
    for encoder in &found.encoders {
        match &encoder.choice {
            Some(choice) => {
                let kind = if choice.hardware { "hardware" } else { "software" };
                say(format!("{:15} {} ({kind}): {}", encoder.name, choice.element, choice.proof));
                choice.refused.iter().for_each(|r| say(format!("                  not {}: {}", r.element, r.why)));
            }
            None => say(format!("{:15} NONE: {}", encoder.name, encoder.problem)),
        }
    }
    for device in &found.devices {
        say(format!("{:15} {} ({})", format!("{:?}", device.kind).to_lowercase(), device.name, device.id));
    }
    for line in &found.remarks {
        say(format!("{:15} {}", line.0, line.1));
    }
}
