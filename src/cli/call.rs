// SPDX-License-Identifier: MIT
//! What `host` and `join` have in common: a call that runs until it is over, its events printed, a person's answers
//! read.

use super::shared::{Shared, say, say_json};
use crate::media::FrameSamples;
use crate::studio::{Call, CallEvent, CallSettings, Event, PeerStats, Remote, VoiceFrames};
use anyhow::{Context, bail};
use clap::ValueEnum;
use std::io::{BufRead, IsTerminal, Write};
use std::net::IpAddr;
use std::sync::mpsc::{Receiver, channel};

/// The options of both.
#[derive(Clone, Debug, clap::Args)]
pub struct CallOptions {
    #[command(flatten)]
    pub shared: Shared,
    /// The UDP port to listen on; a free one is taken without it
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Listen on this address of the machine only; the router is left alone then
    #[arg(long, value_name = "IP")]
    pub bind: Option<IpAddr>,
    /// Leave the router alone
    #[arg(long)]
    pub no_port_mapping: bool,
    /// What the session is called, in the name of its folder
    #[arg(long, value_name = "NAME")]
    pub session: Option<String>,
    /// How long a frame of your voice is, in milliseconds: 2.5 is heard earlier and weighs more
    /// [default: auto]
    #[arg(long, value_enum, value_name = "MS")]
    pub voice_frames: Option<FrameChoice>,
    /// Record on while muted or with the camera off, though nobody hears or sees it
    #[arg(long)]
    pub keep_muted: bool,
}

/// How long frames are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FrameChoice {
    /// What pays on the roads that there are
    Auto,
    /// Always 5 ms
    #[value(name = "5")]
    Five,
    /// Always 2.5 ms
    #[value(name = "2.5")]
    Short,
}

impl From<FrameChoice> for VoiceFrames {
    fn from(choice: FrameChoice) -> VoiceFrames {
        match choice {
            FrameChoice::Auto => VoiceFrames::Auto,
            FrameChoice::Five => VoiceFrames::Always(FrameSamples::Ms5),
            FrameChoice::Short => VoiceFrames::Always(FrameSamples::Ms2_5),
        }
    }
}

impl CallOptions {
    /// What the library needs to know.
    pub fn settings(&self, name_without: &str) -> anyhow::Result<CallSettings> {
        let mut settings = CallSettings::of(&self.shared.preferences())?;
        self.shared.name_devices(&mut settings.recording);
        if settings.name.is_empty() {
            settings.name = name_without.to_owned();
        }
        settings.recording.participant.clone_from(&settings.name);
        if let Some(session) = &self.session {
            settings.recording.session_name.clone_from(session);
        }
        settings.frames = self.voice_frames.map_or(settings.frames, VoiceFrames::from);
        settings.port = self.port.unwrap_or(settings.port);
        settings.port_mapping &= !self.no_port_mapping;
        settings.keep_muted |= self.keep_muted;
        settings.bind = self.bind;
        settings.seconds = self.shared.seconds()?;
        Ok(settings)
    }
}

/// The signals that end a call, watched from here on, however early they come.
pub fn watch_signals() -> anyhow::Result<Receiver<()>> {
    let (ring, bell) = channel();
    let handler = move || {
        // Nobody listens any more when it is over.
        let _ = ring.send(());
    };
    ctrlc::set_handler(handler).context("the signals that end a call can't be watched")?;
    Ok(bell)
}

/// Prints what happens until the call is over.
pub fn follow(call: &Call, bell: Receiver<()>, json: bool, mut on_event: impl FnMut(&CallEvent)) -> anyhow::Result<()> {
    let remote = call.remote();
    std::thread::spawn(move || bell.iter().for_each(|()| remote.leave()));
    let mut printer = Printer { json, live: std::io::stderr().is_terminal(), people: String::new(), failed: None };
    let mut left = false;
    for event in call.events() {
        on_event(&event);
        printer.print(&event)?;
        left |= matches!(event, CallEvent::Left);
    }
    match printer.failed {
        Some(why) => bail!(why),
        None if left => Ok(()),
        None => bail!("the call has ended by a fault of this program; what it said above helps to find it"),
    }
}

/// Reads what a person types, a line each: who knocks is let in or sent away, microphone and camera are switched.
pub fn take_orders(remote: Remote) {
    std::thread::spawn(move || read_orders(&remote));
}

fn read_orders(call: &Remote) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ticket = words.get(1).and_then(|n| n.parse().ok());
        match (words.as_slice(), ticket) {
            ([], _) => {}
            (["yes" | "y", _], Some(ticket)) => call.admit(ticket, true),
            (["no" | "n", _], Some(ticket)) => call.admit(ticket, false),
            (["mute"], _) => call.mute(true),
            (["unmute"], _) => call.mute(false),
            (["camera", "off"], _) => call.camera_off(true),
            (["camera", "on"], _) => call.camera_off(false),
            (["leave"], _) => call.leave(),
            _ => aside(
                "'mute', 'unmute', 'camera off', 'camera on' and 'leave' do what they say; a host answers who knocks \
                 with 'yes NUMBER' or 'no NUMBER'",
            ),
        }
    }
}

fn aside(line: &str) {
    let clear = if std::io::stderr().is_terminal() { "\r\x1b[K" } else { "" };
    let _ = writeln!(std::io::stderr(), "{clear}{line}");
}

/// Events for people, or for programs as JSON.
struct Printer {
    json: bool,
    live: bool,
    /// Who was said to be in the call.
    people: String,
    failed: Option<String>,
}

impl Printer {
    fn print(&mut self, event: &CallEvent) -> anyhow::Result<()> {
        if let CallEvent::Error { message } = event {
            self.failed = Some(message.clone());
        }
        if self.json {
            return say_json(event);
        }
        match event {
            CallEvent::Invite { invite, address } => {
                aside("send this to your guests; who has it comes in:");
                say(invite);
                aside(&format!("(with the bare address, {address}, a guest has to be let in by you)"));
            }
            CallEvent::PortMapping { message, .. } => aside(message),
            CallEvent::Knocking { ticket, name, from } => {
                aside(&format!("{name} wants to come in, from {from}: answer 'yes {ticket}' or 'no {ticket}'"));
            }
            CallEvent::KnockingStopped { ticket } => aside(&format!("({ticket} has gone away)")),
            CallEvent::Waiting => aside("waiting for the host to let you in"),
            CallEvent::Joined { name, took_ms, .. } => aside(&format!("you are in, as {name} (after {took_ms} ms)")),
            CallEvent::PeerJoined { name, address, .. } => aside(&format!("{name} is here, at {address}")),
            CallEvent::PeerSilent { name, .. } => aside(&format!("nothing comes from {name} just now")),
            CallEvent::PeerBack { name, silent_ms, .. } => {
                aside(&format!("{name} is back after {:.1} s", *silent_ms as f64 / 1e3));
            }
            CallEvent::PeerLeft { name, reason, .. } => aside(&farewell(name, reason)),
            CallEvent::Roster { people } => {
                // Programs hear of every link; people, of who is there.
                let names = people.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
                if self.people != names {
                    aside(&format!("in the call: {names}"));
                    self.people = names;
                }
            }
            CallEvent::Stats { seconds, peers, .. } if self.live => {
                let peers: Vec<String> = peers.iter().map(figures).collect();
                let _ = write!(std::io::stderr(), "\r\x1b[K{}  {}", length(*seconds), peers.join("  |  "));
            }
            CallEvent::Stats { .. } | CallEvent::Error { .. } => {}
            CallEvent::NoRoad { message, .. } | CallEvent::Warning { message, .. } => {
                aside(&format!("warning: {message}"))
            }
            CallEvent::PeerStatus { .. } | CallEvent::PeerSeen { .. } => {}
            CallEvent::Recording(Event::RecordingStarted { file, .. }) => {
                aside(&format!("recording to {}", file.display()))
            }
            CallEvent::Recording(Event::RecordingFinished(end)) => {
                aside(&format!("{:.1} s are recorded, {} pictures:", end.seconds, end.frames));
                say(end.file.display());
            }
            CallEvent::Recording(Event::Warning { message, .. }) => aside(&format!("warning: {message}")),
            CallEvent::Recording(Event::Error { message }) => aside(&format!("error: {message}")),
            CallEvent::Recording(Event::DeviceChanged { device, name }) => aside(&format!("another {device}: {name}")),
            CallEvent::Recording(_) => {}
            CallEvent::Left => aside("the call is over"),
        }
        Ok(())
    }
}

fn farewell(name: &str, reason: &str) -> String {
    match reason {
        "bye" => format!("{name} has left"),
        "silent" => format!("{name} is gone: nothing came for five seconds"),
        "replaced" => format!("{name} has come in anew"),
        _ => format!("{name} is no longer in the call"),
    }
}

fn figures(peer: &PeerStats) -> String {
    let rtt = peer.rtt_ms.map_or("-".to_owned(), |ms| format!("{ms:.1}"));
    let clock = peer.clock_offset_ms.map(|ms| format!(", clock {ms:+.2} ms")).unwrap_or_default();
    format!("{} {rtt} ms, {:.1} % lost{clock}", peer.name, peer.loss_percent)
}

fn length(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
}
