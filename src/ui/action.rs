// SPDX-License-Identifier: MIT
//! Everything a person can order, in one list. From an action its name, keys, words and when it may be given are
//! reached from here; what it does is the one `match` of `window/perform.rs`, which the compiler keeps complete.
//!
//! Buttons name their action in the `.ui`; what has a value (a device, a name) carries it as a string.

use super::state::{Scene, State};
use super::words::{mark, tr};

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opens a call.
    Host,
    /// Goes to the page that takes an invite.
    Join,
    /// Comes in with what stands in the entry.
    Enter,
    /// Takes an invite out of the clipboard.
    Paste,
    /// The invite, as it is typed.
    Invite,
    /// What we are called.
    Name,
    /// What the session is called.
    Session,
    /// Another camera, before or in a call.
    ChooseCamera,
    /// Another microphone, before or in a call.
    ChooseMicrophone,
    /// Another speaker, before or in a call.
    ChooseSpeaker,
    /// The choice of camera, microphone and speaker in a call.
    Devices,
    /// Two beeps on the speaker.
    TestSound,
    /// The headphone prompt has been read.
    HeadphonesRead,
    /// The headphone prompt is not wanted again.
    HeadphonesNever,
    /// The invite into the clipboard.
    CopyInvite,
    /// The bare address into the clipboard.
    CopyAddress,
    /// The invite again while people are in the call, or no longer.
    ShowInvite,
    /// Lets in who knocks.
    Admit,
    /// Sends away who knocks.
    Decline,
    /// The microphone, off or on.
    Mute,
    /// The camera, off or on.
    Camera,
    /// The figures over the pictures, on or off.
    Statistics,
    /// Ends the call, once confirmed.
    End,
    /// The folder of the master that is shown, or of a session of the library.
    OpenFolder,
    /// The master, in the system's player.
    Play,
    /// Another person's folder for lining up.
    AddFolder,
    /// Takes one of those folders away again.
    DropFolder,
    /// Lines them up.
    Align,
    /// The folder of the files for the editor.
    OpenAligned,
    /// The library of past sessions.
    Library,
    /// What was left of a session of the library: the page after it.
    OpenSession,
    /// Mends what a crash left: one session, or all of them.
    Recover,
    /// A session, into the trash.
    Trash,
    /// The settings.
    Settings,
    /// Another folder for recordings.
    ChooseFolder,
    /// One setting: `key=value`.
    Set,
    /// To the page before.
    Back,
    /// The banner has been read.
    Dismiss,
    /// The whole screen, or no longer.
    Fullscreen,
    /// The window of keys.
    Shortcuts,
    /// The window about this program.
    About,
    /// The end.
    Quit,
}

/// Which group of the window of keys an action stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Wherever one is.
    Everywhere,
    /// On the way into a call.
    Before,
    /// While one talks.
    InCall,
    /// With what was recorded.
    After,
}

/// What comes with an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Nothing,
    /// The device, the ticket, what was typed.
    Text,
}
use Takes::{Nothing, Text};

/// Name, keys, what comes with it, and words for people, of each action, in the order of the enum.
struct Row(Action, &'static str, &'static [&'static str], Takes, &'static str);

const ROWS: [Row; 42] = [
    Row(Action::Host, "host", &["<Control>h"], Nothing, mark("Host a call")),
    Row(Action::Join, "join", &["<Control>j"], Nothing, mark("Join a call")),
    Row(Action::Enter, "enter", &["<Control>Return"], Nothing, mark("Come in")),
    Row(Action::Paste, "paste", &["<Control><Shift>v"], Nothing, mark("Use the invite of the clipboard")),
    Row(Action::Invite, "invite", &[], Text, mark("The invite")),
    Row(Action::Name, "name", &[], Text, mark("Your name")),
    Row(Action::Session, "session", &[], Text, mark("The session’s name")),
    Row(Action::ChooseCamera, "choose-camera", &[], Text, mark("Camera")),
    Row(Action::ChooseMicrophone, "choose-microphone", &[], Text, mark("Microphone")),
    Row(Action::ChooseSpeaker, "choose-speaker", &[], Text, mark("Speaker")),
    Row(Action::Devices, "devices", &["d"], Nothing, mark("Camera, microphone and speaker")),
    Row(Action::TestSound, "test-sound", &["<Control>t"], Nothing, mark("Play the test sound")),
    Row(Action::HeadphonesRead, "headphones-read", &["<Control>g"], Nothing, mark("Close the reminder of headphones")),
    Row(
        Action::HeadphonesNever,
        "headphones-never",
        &["<Control><Shift>g"],
        Nothing,
        mark("Never remind of headphones again"),
    ),
    Row(Action::CopyInvite, "copy-invite", &["<Control><Shift>c"], Nothing, mark("Copy the invite")),
    Row(Action::CopyAddress, "copy-address", &["<Control><Shift>a"], Nothing, mark("Copy the address")),
    Row(Action::ShowInvite, "show-invite", &["i"], Nothing, mark("Show the invite")),
    Row(Action::Admit, "admit", &[], Text, mark("Let in")),
    Row(Action::Decline, "decline", &[], Text, mark("Send away")),
    Row(Action::Mute, "mute", &["m"], Nothing, mark("Microphone on or off")),
    Row(Action::Camera, "camera", &["v"], Nothing, mark("Camera on or off")),
    Row(Action::Statistics, "statistics", &["s"], Nothing, mark("Figures of the connection")),
    Row(Action::End, "end", &["<Control>e"], Nothing, mark("End the call")),
    Row(Action::OpenFolder, "open-folder", &[], Text, mark("Open the folder")),
    Row(Action::Play, "play", &[], Text, mark("Play it back")),
    Row(Action::AddFolder, "add-folder", &["<Control>o"], Nothing, mark("Add a folder")),
    Row(Action::DropFolder, "drop-folder", &[], Text, mark("Leave this folder out")),
    Row(Action::Align, "align", &["<Control><Shift>l"], Nothing, mark("Line up")),
    Row(Action::OpenAligned, "open-aligned", &["<Control><Shift>o"], Nothing, mark("Open the editor’s files")),
    Row(Action::Library, "library", &["<Control>l"], Nothing, mark("Past sessions")),
    Row(Action::OpenSession, "open-session", &[], Text, mark("Details")),
    Row(Action::Recover, "recover", &[], Text, mark("Recover")),
    Row(Action::Trash, "trash", &[], Text, mark("Move to the trash")),
    Row(Action::Settings, "settings", &["<Control>comma"], Nothing, mark("Settings")),
    Row(Action::ChooseFolder, "choose-folder", &["<Control><Shift>f"], Nothing, mark("Choose a folder")),
    Row(Action::Set, "set", &[], Text, mark("A setting")),
    Row(Action::Back, "back", &["<Alt>Left"], Nothing, mark("Back")),
    Row(Action::Dismiss, "dismiss", &["Escape"], Nothing, mark("Close the message")),
    Row(Action::Fullscreen, "fullscreen", &["F11"], Nothing, mark("Whole screen")),
    Row(Action::Shortcuts, "shortcuts", &["<Control>question", "F1"], Nothing, mark("Keys")),
    Row(Action::About, "about", &["<Shift>F1"], Nothing, mark("About HyperZoom")),
    Row(Action::Quit, "quit", &["<Control>q"], Nothing, mark("Quit")),
];

impl Action {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Action> {
        ROWS.iter().map(|row| row.0)
    }

    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// What `.ui` files and the accessibility tree call it, after `win.`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// With its group, as widgets want it.
    pub fn full_name(self) -> String {
        format!("win.{}", self.name())
    }

    /// The keys that give it.
    pub fn keys(self) -> &'static [&'static str] {
        self.row().2
    }

    /// What it does, in a few words.
    pub fn words(self) -> &'static str {
        tr(self.row().4)
    }

    /// Whether it comes with a string.
    pub fn takes_text(self) -> bool {
        self.row().3 == Text
    }

    /// Whether it switches something that can be seen to be on or off.
    pub fn is_switch(self) -> bool {
        matches!(self, Action::Mute | Action::Camera | Action::Statistics)
    }

    /// Whether what it switches is on: muted, the camera off, the figures shown.
    pub fn is_on(self, state: &State) -> Option<bool> {
        let talk = state.scene.talk();
        match self {
            Action::Mute => Some(talk.is_some_and(|talk| talk.muted)),
            Action::Camera => Some(talk.is_some_and(|talk| talk.camera_off)),
            Action::Statistics => Some(talk.is_some_and(|talk| talk.statistics)),
            _ => None,
        }
    }

    /// Where the window of keys shows it.
    pub fn group(self) -> Group {
        use Action::{
            AddFolder, Align, Camera, CopyAddress, CopyInvite, Devices, End, Enter, HeadphonesNever, HeadphonesRead,
            Host, Join, Mute, OpenAligned, Paste, ShowInvite, Statistics, TestSound,
        };
        match self {
            Host | Join | Enter | Paste | TestSound | HeadphonesRead | HeadphonesNever => Group::Before,
            Mute | Camera | Devices | Statistics | ShowInvite | End | CopyInvite | CopyAddress => Group::InCall,
            AddFolder | Align | OpenAligned => Group::After,
            _ => Group::Everywhere,
        }
    }

    /// Whether it makes sense now. Letters are keys only where nobody types.
    pub fn enabled(self, state: &State) -> bool {
        use Action::{
            AddFolder, Admit, Align, Back, Camera, ChooseFolder, CopyAddress, CopyInvite, Decline, Devices, Dismiss,
            End, Enter, HeadphonesNever, HeadphonesRead, Host, Join, Library, Mute, OpenAligned, Paste, Settings,
            ShowInvite, Statistics, TestSound,
        };
        let talk = state.scene.talk();
        match self {
            Host | Join | HeadphonesRead | HeadphonesNever => matches!(state.scene, Scene::Before),
            Paste => matches!(state.scene, Scene::Joining(_)),
            AddFolder | Align | OpenAligned => matches!(state.scene, Scene::After(_)),
            ChooseFolder => matches!(state.scene, Scene::Settings),
            TestSound => talk.is_none(),
            Enter => matches!(&state.scene, Scene::Joining(form) if form.invite_is_whole()),
            Library | Settings => talk.is_none(),
            Back => talk.is_none() && !matches!(state.scene, Scene::Before),
            CopyInvite | CopyAddress => talk.is_some_and(|talk| talk.invitation.is_some()),
            ShowInvite => talk.is_some_and(|talk| talk.invitation.is_some() && talk.is_in()),
            Admit | Decline => talk.is_some_and(|talk| !talk.knocks.is_empty()),
            Mute | Camera => talk.is_some_and(|talk| !talk.is_leaving()),
            Devices | Statistics => talk.is_some_and(|talk| talk.is_in()),
            End => talk.is_some_and(|talk| !talk.is_leaving()),
            Dismiss => state.banners.shown().is_some(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Action;
    use std::collections::HashSet;

    #[test]
    fn every_action_has_its_own_row_name_and_words() {
        let mut names = HashSet::new();
        let mut keys = HashSet::new();
        for (at, action) in Action::all().enumerate() {
            assert_eq!(action as usize, at, "the list is in the order of the enum");
            assert!(names.insert(action.name()), "{} is there twice", action.name());
            assert!(!action.words().is_empty());
            for key in action.keys() {
                assert!(keys.insert(*key), "{key} gives two orders");
            }
            // What comes with a string says which: its control is reached by the tab key.
            assert_ne!(action.keys().is_empty(), !action.takes_text(), "{}", action.name());
        }
    }

    #[test]
    fn every_order_of_a_page_is_an_action() {
        let texts =
            std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/resources/ui")).expect("part of the sources");
        let names: HashSet<&str> = Action::all().map(Action::name).collect();
        let mut given = 0;
        for text in texts.flatten() {
            let text = std::fs::read_to_string(text.path()).expect("a text");
            for order in text.split("win.").skip(1) {
                let name = order.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap_or_default();
                assert!(names.contains(name), "nothing hears win.{name}");
                given += 1;
            }
        }
        assert!(given > 20, "{given} orders");
    }
}
