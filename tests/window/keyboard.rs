// SPDX-License-Identifier: MIT
//! Every page without a mouse, and every profile by itself.

use super::manners::CONTROLS;
use super::prefer;
use crate::support::desktop::{App, Desktop};
use std::collections::BTreeSet;

/// No page has more controls than that.
const TABS: usize = 60;

#[test]
fn every_control_is_named_and_reached_by_tab() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, None, "Host");
    let app = desktop.open(None, &[]);
    if !app.has_keyboard() {
        return;
    }
    for (page, title) in [("", "HyperZoom"), ("join", "Join"), ("library", "Past sessions"), ("settings", "Settings")] {
        if !page.is_empty() {
            app.press(page);
        }
        app.comes_to(title);
        all_reached(&app, title);
        if !page.is_empty() {
            app.press("back");
            app.comes_to("HyperZoom");
        }
    }
}

/// Walks around the page that is shown.
fn all_reached(app: &App<'_>, page: &str) {
    let mut reached = BTreeSet::new();
    for _ in 0..TABS {
        app.keys(&["Tab"]);
        reached.extend(app.focus());
    }
    let inner = ["combo box", "spin button", "text"];
    let missed: Vec<_> = app
        .things()
        .into_iter()
        .filter(|thing| CONTROLS.contains(&thing.role.as_str()) && !inner.contains(&thing.parent.as_str()))
        .filter(|thing| thing.showing && thing.sensitive && !reached.contains(&thing.name))
        .collect();
    assert!(missed.is_empty(), "on '{page}' Tab reaches {reached:#?}, not {missed:#?}");
}

#[test]
fn another_profile_is_an_instance_of_its_own() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, None, "Host");
    prefer(&desktop, Some("second"), "Somebody");
    let first = desktop.open(None, &[]);
    let second = desktop.open(Some("second"), &[]);
    second.comes_to("HyperZoom (second)");
    second.press("join");
    second.comes_to("Join a call (second)");
    first.comes_to("HyperZoom");
}
