// SPDX-License-Identifier: MIT
//! What the window knows: one value, from which everything on the screen is painted. It changes in two ways only: a
//! person orders something (`window/perform.rs`), or [`News`] come in ([`State::hear`]). Nothing in here knows GTK.

mod after;
mod banner;
mod hear;
mod library;
mod talk;
mod warning;

pub use after::{After, Master, Spoken};
pub use banner::{Banner, Banners, Tone};
pub use library::{Entry, Library, Mending};
pub use talk::{Invitation, Knock, Presence, Step, Talk, Them};

use super::action::Action;
use crate::disk::Preferences;
use crate::media::Device;
use crate::media::Still;
use crate::studio::library::Session;
use crate::studio::{AlignReport, CallEvent, Invite, Meters, PreviewEvent, Remote, Room};
use std::path::PathBuf;

/// What comes in from threads, in order.
pub enum News {
    /// What is plugged in.
    Devices(Vec<Device>),
    /// The preview, or why there is none.
    Preview(Result<PreviewEvent, String>),
    /// How loud the preview is from now on.
    PreviewMeters(Meters),
    /// Space on the disk of the recordings.
    Room(Option<Room>),
    /// The test sound is over, or why it was not heard.
    Beeped(Result<(), String>),
    /// The call has begun to be opened.
    CallOpened(Remote, Meters),
    /// What happens in it.
    Call(CallEvent),
    /// It could not even be opened.
    CallRefused(String),
    /// Its last event has come, everything is closed.
    CallOver,
    /// The library.
    Sessions(Vec<Session>),
    /// A picture of a session.
    Thumbnail(PathBuf, Still),
    /// How far mending a session is, 0 to 1.
    Mending(PathBuf, f64),
    /// It is mended, or why not.
    Mended(PathBuf, Result<(), String>),
    /// A session is in the trash, or why not.
    Trashed(Result<(), String>),
    /// What lining up is doing.
    AlignStep(String),
    /// It is done.
    Aligned(Result<Box<AlignReport>, String>),
    /// A second has passed.
    Second,
}

/// The state.
#[derive(Debug)]
pub struct State {
    /// The instance, if it is not the usual one.
    pub profile: Option<String>,
    /// What is remembered.
    pub preferences: Preferences,
    /// What is plugged in.
    pub devices: Vec<Device>,
    /// What is seen and heard before a call.
    pub preview: Preview,
    /// Space for recordings, once it is known.
    pub room: Option<Room>,
    /// The headphone prompt was read this time.
    pub headphones_read: bool,
    /// The test sound is playing.
    pub beeping: bool,
    /// Sessions that a crash left, found at start.
    pub broken: usize,
    /// They are to be mended as soon as the library shows them.
    pub mend_all: bool,
    /// What has to be said above all.
    pub banners: Banners,
    /// What the window shows.
    pub scene: Scene,
}

/// What is seen and heard before a call.
#[derive(Debug, Default)]
pub struct Preview {
    /// The camera's name, and whether it is the test picture.
    pub camera: Option<(String, bool)>,
    /// The microphone's name, and whether it is the test sound.
    pub microphone: Option<(String, bool)>,
    /// Why there is no picture.
    pub dark: Option<String>,
    /// Why there is no sound.
    pub silent: Option<String>,
}

/// The page.
#[derive(Debug)]
pub enum Scene {
    /// Before the call.
    Before,
    /// Where an invite is typed.
    Joining(Joining),
    /// From the order to host or join to the last event of the call.
    Talk(Box<Talk>),
    /// After the call.
    After(Box<After>),
    /// Past sessions.
    Library(Library),
    /// The settings.
    Settings,
}

/// The form for an invite.
#[derive(Debug, Default)]
pub struct Joining {
    /// What is typed.
    pub typed: String,
    /// An invite that lies in the clipboard.
    pub found: Option<String>,
    /// Why the last try came to nothing.
    pub refused: Option<String>,
}

impl Joining {
    /// Whether what is typed can be tried.
    pub fn invite_is_whole(&self) -> bool {
        read_invite(&self.typed).is_ok()
    }

    /// What is wrong with what is typed; nothing while it is empty or right.
    pub fn complaint(&self) -> Option<String> {
        let typed = self.typed.trim();
        if typed.is_empty() {
            return None;
        }
        read_invite(typed).err()
    }
}

/// An invite as people send it: with spaces around, with `hz:` before it.
pub fn read_invite(text: &str) -> Result<Invite, String> {
    let text = text.trim();
    let bare = text.strip_prefix("hz:").map_or(text, |rest| rest.trim_start_matches('/'));
    bare.parse().map_err(|why: crate::studio::InviteError| why.to_string())
}

impl Scene {
    /// The call, if that is what is shown.
    pub fn talk(&self) -> Option<&Talk> {
        match self {
            Scene::Talk(talk) => Some(talk),
            _ => None,
        }
    }

    /// The call, to change it.
    pub fn talk_mut(&mut self) -> Option<&mut Talk> {
        match self {
            Scene::Talk(talk) => Some(talk),
            _ => None,
        }
    }
}

impl State {
    /// At the start.
    pub fn new(profile: Option<String>, preferences: Preferences) -> State {
        State {
            profile,
            preferences,
            devices: Vec::new(),
            preview: Preview::default(),
            room: None,
            headphones_read: false,
            beeping: false,
            broken: 0,
            mend_all: false,
            banners: Banners::default(),
            scene: Scene::Before,
        }
    }

    /// Whether the camera and the microphone should be on without a call.
    pub fn wants_preview(&self) -> bool {
        matches!(self.scene, Scene::Before | Scene::Joining(_))
    }

    /// Whether people should be asked to put headphones on.
    pub fn asks_for_headphones(&self) -> bool {
        !self.headphones_read && !self.preferences.headphones_told
    }
}

#[cfg(test)]
mod tests {
    use super::{Joining, read_invite};

    #[test]
    fn invites_are_read_as_people_send_them() {
        for text in ["203.0.113.7:50000", " hz:203.0.113.7:50000\n", "hz://203.0.113.7:50000"] {
            assert!(read_invite(text).is_ok(), "{text}");
        }
        assert!(read_invite("hello").is_err());
    }

    #[test]
    fn an_empty_entry_is_no_mistake() {
        assert_eq!(Joining::default().complaint(), None);
        let wrong = Joining { typed: "hello".into(), ..Joining::default() };
        assert!(wrong.complaint().is_some() && !wrong.invite_is_whole());
    }
}
