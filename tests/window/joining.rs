// SPDX-License-Identifier: MIT
//! Invites of hosts who are no longer there.

use super::prefer;
use crate::support::desktop::Desktop;
use crate::support::program::wait_until;

const ENTRY: &str = "The invite, or the host’s address and port";

#[test]
fn a_host_who_does_not_answer_is_explained_and_the_invite_kept() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, None, "Guest");
    let app = desktop.open(None, &["127.0.0.1:9"]);
    app.click("Come in");
    let explained = || app.things().into_iter().find(|thing| thing.role == "label" && thing.name.contains("answer"));
    wait_until("an explanation", || explained().is_some());
    println!("{:?}", explained().map(|thing| thing.name));
    app.says(ENTRY);
}
