// SPDX-License-Identifier: MIT
//! Ring 4, face: the command line. Standard output is for answers, standard error for everything else; exit code
//! 0 is done, 1 failed with one sentence that says what to do, 2 wrong usage.
//!
//! It must not know GStreamer, files or clocks: it reads arguments, calls the library, prints.

mod align;
mod call;
mod demo;
mod doctor;
mod host;
mod inspect;
mod join;
mod lists;
mod log;
mod record;
mod recover;
mod shared;

use crate::media;
use crate::studio::Invite;
use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

/// A call that feels like one room, and a local master that never loses a frame.
#[derive(Debug, Parser)]
#[command(name = "hyperzoom", version, args_override_self = true, after_help = "Without a command the app opens.")]
struct Arguments {
    /// Opens the app to join this call: what the host sent you, or an hz: link
    #[arg(value_name = "INVITE")]
    invite: Option<String>,
    /// The app as an instance with its own settings and folder
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What is left to do when the command line is read.
#[derive(Debug)]
pub enum Wish {
    /// Nothing: the command has run.
    Done(ExitCode),
    /// To open the app.
    App {
        /// An instance of its own.
        profile: Option<String>,
        /// Somebody's invite.
        invite: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open a call and let guests in
    #[command(args_override_self = true)]
    Host(host::Host),
    /// Come into a call
    #[command(args_override_self = true)]
    Join(join::Join),
    /// Play a whole call on this machine with test sources, and report
    #[command(args_override_self = true)]
    Demo(demo::Demo),
    /// Record a golden master from this machine's camera and microphone
    #[command(args_override_self = true)]
    Record(Box<record::Record>),
    /// Finish in place what a crash left behind, ours or anybody's fragmented MP4
    Recover(recover::Recover),
    /// Place all masters of a call on one time line for the editor, and tell how well they fit
    Align(align::Align),
    /// Tell what a file holds: tracks, exact counts, gaps, timecode, finished or not
    Inspect(inspect::Inspect),
    /// List the pipelines, or print one as a gst-launch-1.0 command for this machine
    Pipelines(lists::Pipelines),
    /// List cameras, microphones and speakers
    Devices(lists::Devices),
    /// Tell what this machine can do, and what it lacks
    Doctor(doctor::Doctor),
}

/// Parses, and does it, unless it is the app's to do.
pub fn main() -> Wish {
    // Before anything starts a thread.
    media::ask_for_real_time_clients();
    let arguments = Arguments::parse();
    log::start();
    let json = std::env::args_os().any(|word| word == "--json");
    let Some(command) = arguments.command else { return app(arguments.profile, arguments.invite) };
    Wish::Done(run(command, json))
}

/// Without an app all that can be done is to say why, and what can be done instead.
pub fn no_app(why: &str) -> ExitCode {
    eprintln!("hyperzoom: {why}; these commands need none:\n");
    eprintln!("{}", Arguments::command().render_help());
    ExitCode::FAILURE
}

/// A slip of the finger in a command's name is not sent to the app as an invite.
fn app(profile: Option<String>, invite: Option<String>) -> Wish {
    let is_link = |text: &str| text.starts_with("hz:") || text.parse::<Invite>().is_ok();
    match invite {
        Some(text) if !is_link(&text) => {
            eprintln!("hyperzoom: '{text}' is neither a command nor an invite; 'hyperzoom --help' lists the commands");
            Wish::Done(ExitCode::from(2))
        }
        invite => Wish::App { profile, invite },
    }
}

fn run(command: Command, json: bool) -> ExitCode {
    let done = match command {
        Command::Host(host) => host.run(),
        Command::Join(join) => join.run(),
        Command::Demo(demo) => demo.run(),
        Command::Record(record) => record.run(),
        Command::Recover(recover) => recover.run(),
        Command::Align(align) => align.run(),
        Command::Inspect(inspect) => inspect.run(),
        Command::Pipelines(pipelines) => pipelines.run(),
        Command::Devices(devices) => devices.run(),
        Command::Doctor(doctor) => doctor.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("hyperzoom: {why:#}");
            let Some(usage) = why.downcast_ref::<shared::Usage>() else { return ExitCode::FAILURE };
            // What fails later was an event already; this is all that a program hears of an order it got wrong.
            if json {
                let _ = shared::say_json(&serde_json::json!({ "event": "error", "message": usage.to_string() }));
            }
            ExitCode::from(2)
        }
    }
}
