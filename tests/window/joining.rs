// SPDX-License-Identifier: MIT
//! Invites of hosts who are no longer there, and invites that are wrong.

use super::evening::hosting;
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

#[test]
fn a_wrong_invite_is_explained_before_it_is_tried_and_after() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, Some("guest"), "Guest");
    let (_host, invite) = hosting(&desktop);
    let (address, key) = invite.split_once('#').map(|(a, k)| (a.to_owned(), k.to_owned())).expect("a key");
    let guest = desktop.open(Some("guest"), &[]);
    guest.press("join");
    guest.write(ENTRY, &format!("{address}#{}", &key[..5]));
    guest.says("the key is too short");
    let can_come_in =
        || guest.things().iter().any(|thing| thing.role == "push button" && thing.name == "Come in" && thing.sensitive);
    assert!(!can_come_in(), "what is no invite can't be tried");
    // Another call's key looks as good as this one's.
    let first = if key.starts_with('A') { 'B' } else { 'A' };
    guest.write(ENTRY, &format!("{address}#{first}{}", &key[1..]));
    wait_until("the button", can_come_in);
    guest.click("Come in");
    guest.says("it is old or mistyped");
    guest.says(ENTRY);
    guest.write(ENTRY, &format!("{address}#{key}"));
    wait_until("the button", can_come_in);
    guest.click("Come in");
    guest.comes_to("In the call");
}
