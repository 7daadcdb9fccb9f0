// SPDX-License-Identifier: MIT
//! The page on the way into somebody's call: the invite, and how far we have come.

use super::action::Action;
use super::entry;
use super::glyph::Glyph;
use super::state::{Joining, Step, Talk};
use super::template::Template;
use super::words::{mark, tr};
use gtk::prelude::{BoxExt, EntryExt, WidgetExt};
use gtk4 as gtk;

/// The steps of the way in, in order.
const STEPS: [(Step, &str); 3] = [
    (Step::Opening, mark("Turning on camera and microphone")),
    (Step::Looking, mark("Looking for the host")),
    (Step::Asking, mark("Waiting for the host to let you in")),
];

/// The page.
pub struct Join {
    page: gtk::ScrolledWindow,
    title: gtk::Label,
    form: gtk::Box,
    invite: gtk::Entry,
    paste: gtk::Button,
    complaint: gtk::Label,
    progress: gtk::Box,
    steps: Vec<(Step, StepRow)>,
    cancel: gtk::Button,
}

/// One step: done, going on, or still to come.
struct StepRow {
    row: gtk::Box,
    spinner: gtk::Spinner,
    done: gtk::DrawingArea,
}

impl Join {
    /// With an empty form.
    pub fn new() -> Join {
        let parts = Template::load(include_str!("../../resources/ui/join.ui"));
        let progress: gtk::Box = parts.get("progress");
        let steps = STEPS.map(|(step, words)| (step, StepRow::new(tr(words))));
        steps.iter().for_each(|(_, row)| progress.append(&row.row));
        let invite: gtk::Entry = entry::orders(parts.get("invite"), Action::Invite);
        invite.connect_activate(|entry| {
            // Refused while there is nothing to come in with.
            let _ = entry.activate_action(&Action::Enter.full_name(), None);
        });
        Join {
            page: parts.get("join"),
            title: parts.get("title"),
            form: parts.get("form"),
            invite,
            paste: parts.get("paste"),
            complaint: parts.get("complaint"),
            progress,
            steps: steps.into(),
            cancel: parts.get("cancel"),
        }
    }

    /// The widget.
    pub fn widget(&self) -> &gtk::ScrolledWindow {
        &self.page
    }

    /// Shows the form.
    pub fn paint_form(&self, form: &Joining) {
        self.title.set_label(tr("Paste the invite that the host sent you"));
        self.form.set_visible(true);
        self.progress.set_visible(false);
        self.cancel.set_visible(false);
        entry::show(&self.invite, &form.typed);
        self.paste.set_visible(form.found.as_ref().is_some_and(|found| *found != form.typed));
        let complaint = form.complaint().or_else(|| form.refused.clone());
        super::set_class(&self.complaint, "error", complaint.is_some());
        let hint =
            tr("It looks like 203.0.113.7:50000#KEY. With an address and port alone, the host has to let you in.");
        self.complaint.set_label(complaint.as_deref().unwrap_or(hint));
    }

    /// Shows how far we have come.
    pub fn paint_progress(&self, talk: &Talk) {
        let leaving = talk.is_leaving();
        self.title.set_label(if leaving { tr("Leaving…") } else { tr("Coming in…") });
        self.form.set_visible(false);
        self.progress.set_visible(!leaving);
        self.cancel.set_visible(!leaving);
        for (step, row) in &self.steps {
            // Only those without a key have to be let in.
            row.row.set_visible(*step != Step::Asking || talk.step == Step::Asking);
            row.paint(*step as u8, talk.step as u8);
        }
    }

    /// Where typing goes.
    pub fn focus(&self) {
        self.invite.grab_focus();
    }
}

impl StepRow {
    fn new(words: &str) -> StepRow {
        let row = gtk::Box::new(gtk::Orientation::Horizontal, 10);
        let spinner = gtk::Spinner::new();
        let done = Glyph::Done.small();
        let label = gtk::Label::builder().label(words).xalign(0.0).wrap(true).hexpand(true).build();
        row.append(&spinner);
        row.append(&done);
        row.append(&label);
        StepRow { row, spinner, done }
    }

    fn paint(&self, own: u8, now: u8) {
        self.spinner.set_spinning(own == now);
        self.spinner.set_visible(own >= now);
        self.done.set_visible(own < now);
        super::set_class(&self.row, "quiet", own > now);
    }
}
