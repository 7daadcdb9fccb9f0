// SPDX-License-Identifier: MIT
//! Arguments, face, exit code.

use hyperzoom::cli::{self, Wish};
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::main() {
        Wish::Done(code) => code,
        Wish::App { profile, invite } => app(profile, invite),
    }
}

#[cfg(feature = "ui")]
fn app(profile: Option<String>, invite: Option<String>) -> ExitCode {
    use hyperzoom::ui;
    ui::main(&ui::Request { profile, invite }).unwrap_or_else(|why| cli::no_app(&why.to_string()))
}

#[cfg(not(feature = "ui"))]
fn app(_: Option<String>, _: Option<String>) -> ExitCode {
    cli::no_app("this HyperZoom was built without its window")
}
