// SPDX-License-Identifier: MIT
//! `hyperzoom host`.

use super::call::{CallOptions, follow, take_orders, watch_signals};
use super::shared::{Usage, say_json, start_media};
use crate::studio::{Admission, Call, CallEvent};
use anyhow::Context;
use clap::ValueEnum;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Open a call and let guests in.
#[derive(Debug, clap::Args)]
pub struct Host {
    #[command(flatten)]
    options: CallOptions,
    /// Record from the beginning instead of from the first guest on
    #[arg(long)]
    record_from_start: bool,
    /// Write the invite to this file as soon as there is one
    #[arg(long, value_name = "FILE")]
    invite_file: Option<PathBuf>,
    /// Who may come in with the bare address: whoever you let in, or all. With the whole invite everybody may
    #[arg(long, value_enum, default_value_t = Admit::Ask)]
    admit: Admit,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Admit {
    /// You are asked, by name
    Ask,
    /// Everybody who knows the address
    All,
}

impl Host {
    /// Hosts until it is over.
    pub fn run(self) -> anyhow::Result<()> {
        let json = self.options.shared.json;
        let mut settings = self.options.settings("host")?;
        if let Some(file) = &self.invite_file
            && !file.parent().is_none_or(|folder| folder.as_os_str().is_empty() || folder.is_dir())
        {
            return Err(Usage(format!("the folder of '{}' does not exist", file.display())).into());
        }
        let admission = match self.admit {
            Admit::Ask => Admission::Ask,
            Admit::All => Admission::All,
        };
        settings.record_from_start |= self.record_from_start;
        let bell = watch_signals()?;
        start_media()?;
        let call = match Call::host(settings, admission) {
            Ok(call) => call,
            Err(why) => {
                if json {
                    say_json(&CallEvent::Error { message: why.to_string() })?;
                }
                return Err(why.into());
            }
        };
        take_orders(call.remote());
        let mut written = Ok(());
        let note = |event: &CallEvent| {
            if let (CallEvent::Invite { invite, .. }, Some(file)) = (event, &self.invite_file) {
                written = write_whole(file, invite);
                if written.is_err() {
                    call.remote().leave();
                }
            }
        };
        let ended = follow(&call, bell, json, note);
        written?;
        ended
    }
}

/// Whoever waits for the file never reads half of it.
fn write_whole(file: &Path, invite: &str) -> anyhow::Result<()> {
    let mut unfinished = file.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    // It holds the key: nobody else on this machine should read it.
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&unfinished)
        .and_then(|mut unfinished| writeln!(unfinished, "{invite}"))
        .and_then(|()| std::fs::rename(&unfinished, file))
        .with_context(|| format!("the invite can't be written to '{}'", file.display()))
}
