// SPDX-License-Identifier: MIT
//! The program as the desktop knows it: one instance a profile, whose window a second start brings to the front.

use super::state::State;
use super::theme;
use super::window::Window;
use crate::disk::Preferences;
use gtk::prelude::{ActionGroupExt, ActionMapExt, ApplicationExt, ApplicationExtManual, ToVariant};
use gtk::{gio, glib};
use gtk4 as gtk;
use std::cell::RefCell;
use std::process::ExitCode;
use std::rc::Rc;

/// What the desktop calls us.
pub const ID: &str = "com.hyperzoom.HyperZoom";

/// By this action a second start hands its invite to the first.
const OFFER: &str = "offer";

/// What a person asked for on the command line.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// An instance with its own settings and folder.
    pub profile: Option<String>,
    /// Somebody's invite.
    pub invite: Option<String>,
}

/// Runs until the window is closed.
pub fn run(request: &Request) -> ExitCode {
    let application = gtk::Application::builder().application_id(id(request.profile.as_deref())).build();
    let window: Rc<RefCell<Option<Rc<Window>>>> = Rc::default();
    let profile = request.profile.clone();
    let opened = window.clone();
    application.connect_activate(move |application| {
        if let Some(window) = &*opened.borrow() {
            return window.present();
        }
        match open(application, profile.clone()) {
            Ok(window) => {
                opened.replace(Some(window));
            }
            Err(why) => {
                tracing::error!("{why}");
                application.quit();
            }
        }
    });
    application.add_action(&offer(&window));
    if let Err(why) = application.register(gio::Cancellable::NONE) {
        tracing::warn!("this session has no bus, so a second start will not find the first: {why}");
    }
    application.activate();
    if let Some(invite) = &request.invite {
        application.activate_action(OFFER, Some(&invite.to_variant()));
    }
    watch_signals(&window);
    let code = application.run_with_args::<&str>(&[]);
    // The devices are let go, and a call that is still there is left, before the program ends.
    window.replace(None);
    if code == glib::ExitCode::SUCCESS { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// SIGINT and SIGTERM end cleanly: a call is left, its recording finished.
#[cfg(unix)]
fn watch_signals(window: &Rc<RefCell<Option<Rc<Window>>>>) {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let window = window.clone();
        glib::unix_signal_add_local(signal, move || {
            if let Some(window) = &*window.borrow() {
                window.close_safely();
            }
            glib::ControlFlow::Continue
        });
    }
}

#[cfg(not(unix))]
fn watch_signals(_: &Rc<RefCell<Option<Rc<Window>>>>) {}

fn open(application: &gtk::Application, profile: Option<String>) -> Result<Rc<Window>, crate::media::GraphError> {
    let (preferences, odd) = Preferences::load(profile.as_deref());
    theme::apply(preferences.theme);
    for what in odd {
        tracing::warn!("{what}");
    }
    Window::open(application, State::new(profile, preferences))
}

fn offer(window: &Rc<RefCell<Option<Rc<Window>>>>) -> gio::SimpleAction {
    let action = gio::SimpleAction::new(OFFER, Some(glib::VariantTy::STRING));
    let window = window.clone();
    action.connect_activate(move |_, invite| {
        let invite = invite.and_then(glib::Variant::str).unwrap_or_default();
        if let Some(window) = &*window.borrow() {
            window.offer_invite(invite);
            window.present();
        }
    });
    action
}

/// A profile is an instance of its own.
fn id(profile: Option<&str>) -> String {
    let Some(profile) = profile else { return ID.to_owned() };
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    // No part of an id may begin with a digit.
    format!("{ID}.p_{}", profile.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::id;

    #[test]
    fn every_profile_is_an_instance_of_its_own() {
        assert_eq!(id(None), "com.hyperzoom.HyperZoom");
        for profile in ["second", "7 up", "ü", ""] {
            assert!(gtk4::gio::Application::id_is_valid(&id(Some(profile))), "{profile}");
        }
    }
}
