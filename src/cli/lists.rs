// SPDX-License-Identifier: MIT
//! `hyperzoom pipelines` and `hyperzoom devices`.

use super::shared::{Shared, say, say_json, start_media};
use crate::media::{self, DeviceKind, Text};
use crate::studio;
use serde_json::json;

/// List the pipelines, or print one.
#[derive(Debug, clap::Args)]
pub struct Pipelines {
    /// Print this one as a gst-launch-1.0 command
    #[arg(id = "pipeline", value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    shared: Shared,
}

impl Pipelines {
    /// Prints.
    pub fn run(self) -> anyhow::Result<()> {
        start_media()?;
        if let Some(name) = &self.name {
            let (camera, microphone) = studio::devices_for_trying(&self.shared.camera(), &self.shared.microphone())?;
            let line = media::launch_line(name, &camera, &microphone)?;
            match self.shared.json {
                true => say_json(&json!({ "name": name, "command": line }))?,
                false => say(line),
            }
            return Ok(());
        }
        for name in media::texts() {
            let text = Text::load(name)?;
            match self.shared.json {
                true => say_json(&json!({ "name": name, "purpose": text.purpose(), "names": text.promised() }))?,
                false => say(format!("{name:16} {}", text.purpose())),
            }
        }
        Ok(())
    }
}

/// List cameras, microphones and speakers.
#[derive(Debug, clap::Args)]
pub struct Devices {
    /// One JSON object a line on standard output
    #[arg(long)]
    json: bool,
}

impl Devices {
    /// Prints.
    pub fn run(self) -> anyhow::Result<()> {
        start_media()?;
        let devices = media::list_devices();
        if self.json {
            return devices.iter().try_for_each(say_json);
        }
        for (kind, title) in [
            (DeviceKind::Camera, "Cameras (--camera)"),
            (DeviceKind::Microphone, "Microphones (--mic)"),
            (DeviceKind::Speaker, "Speakers (--speaker)"),
        ] {
            say(title);
            let mut of_kind = devices.iter().filter(|d| d.kind == kind).peekable();
            if of_kind.peek().is_none() {
                say("  none");
            }
            of_kind.for_each(|d| say(format!("  {:44} {}", d.id, d.name)));
        }
        Ok(())
    }
}
