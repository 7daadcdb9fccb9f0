// SPDX-License-Identifier: MIT
//! The page of a host who waits: the invite to pass on, how the way in is coming along, who is before the door.

use super::knocks::Knocks;
use super::state::{Step, Talk};
use super::template::Template;
use super::words::tr;
use gtk::prelude::WidgetExt;
use gtk4 as gtk;

/// The page.
pub struct Host {
    page: gtk::ScrolledWindow,
    title: gtk::Label,
    invite: gtk::Label,
    address: gtk::Label,
    searching: gtk::Spinner,
    mapping: gtk::Label,
    knocks: Knocks,
    back: gtk::Button,
    copy: gtk::Button,
}

impl Host {
    /// Dark until there is a call.
    pub fn new() -> Host {
        let parts = Template::load(include_str!("../../resources/ui/host.ui"));
        Host {
            page: parts.get("host"),
            title: parts.get("title"),
            invite: parts.get("invite"),
            address: parts.get("address"),
            searching: parts.get("searching"),
            mapping: parts.get("mapping"),
            knocks: Knocks::new(parts.get("knocks")),
            back: parts.get("return"),
            copy: parts.get("copy"),
        }
    }

    /// The widget.
    pub fn widget(&self) -> &gtk::ScrolledWindow {
        &self.page
    }

    /// To what is done here.
    pub fn focus(&self) {
        self.copy.grab_focus();
    }

    /// Shows the state.
    pub fn paint(&self, talk: &Talk) {
        let title = match (&talk.invitation, talk.step) {
            (_, Step::Leaving) => tr("Ending the call…"),
            (None, _) => tr("Opening the call…"),
            (Some(_), _) => tr("Send this invite to your guests"),
        };
        self.title.set_label(title);
        let (invite, address) = match &talk.invitation {
            Some(invitation) => (invitation.invite.as_str(), invitation.address.as_str()),
            None => ("…", ""),
        };
        self.invite.set_label(invite);
        self.address.set_label(address);
        let (state, message) = talk.mapping.as_ref().map_or(("", ""), |(state, message)| (*state, message.as_str()));
        self.searching.set_visible(state == "searching");
        self.mapping.set_label(message);
        super::set_class(&self.mapping, "warning", matches!(state, "failed" | "lost" | "enclosed"));
        super::set_class(&self.mapping, "success", matches!(state, "mapped" | "renewed"));
        self.knocks.paint(&talk.knocks);
        self.back.set_visible(talk.is_in());
    }
}
