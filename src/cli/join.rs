// SPDX-License-Identifier: MIT
//! `hyperzoom join`.

use super::call::{CallOptions, follow, take_answers, watch_signals};
use super::shared::{Usage, say_json, start_media};
use crate::studio::{Call, CallEvent, Invite, InviteError};

/// Come into a call.
#[derive(Debug, clap::Args)]
pub struct Join {
    /// What the host sent you: IP:PORT#KEY, or IP:PORT and the host lets you in
    #[arg(value_name = "INVITE")]
    invite: String,
    #[command(flatten)]
    options: CallOptions,
}

impl Join {
    /// Is in the call until it is over.
    pub fn run(self) -> anyhow::Result<()> {
        let json = self.options.shared.json;
        let invite: Invite =
            self.invite.parse().map_err(|why: InviteError| Usage(format!("that is no invite: {why}")))?;
        let settings = self.options.settings("guest", "")?;
        let bell = watch_signals()?;
        start_media()?;
        let call = match Call::join(settings, invite) {
            Ok(call) => call,
            Err(why) => {
                if json {
                    say_json(&CallEvent::Error { message: why.to_string() })?;
                }
                return Err(why.into());
            }
        };
        take_answers(call.remote());
        follow(&call, bell, json, |_| {})
    }
}
