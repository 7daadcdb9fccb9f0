// SPDX-License-Identifier: MIT
//! What each action does: a change of the state, an order to the desk, or both.

use super::Window;
use crate::disk::Preferences;
use crate::media::DeviceKind;
use crate::studio::CallSettings;
use crate::ui::action::Action;
use crate::ui::desk::{camera, microphone};
use crate::ui::dialogs;
use crate::ui::state::{Banner, Joining, Scene, Spoken, Step, Talk, Tone, read_invite};
use crate::ui::words::tr;
use crate::words::Size;
use gtk::gio;
use gtk::prelude::{DisplayExt, GtkWindowExt, WidgetExt};
use gtk4 as gtk;
use std::path::{Path, PathBuf};
use std::rc::Rc;

impl Window {
    /// Does it, with what comes with it.
    pub fn perform(self: &Rc<Self>, action: Action, value: &str) {
        if self.painting.get() {
            return;
        }
        match action {
            Action::Host => self.begin_talk(Talk::host()),
            Action::Join => self.show_join(),
            Action::Enter => self.enter(),
            Action::Paste => self.paste(),
            Action::Invite => self.type_invite(value),
            Action::Name => self.prefer(|preferences| preferences.name = value.to_owned()),
            Action::Session => self.prefer(|preferences| preferences.session = value.to_owned()),
            Action::ChooseCamera => self.choose(DeviceKind::Camera, value),
            Action::ChooseMicrophone => self.choose(DeviceKind::Microphone, value),
            Action::ChooseSpeaker => self.choose(DeviceKind::Speaker, value),
            Action::Devices => self.call().show_devices(),
            Action::TestSound => self.beep(),
            Action::HeadphonesRead => self.state.borrow_mut().headphones_read = true,
            Action::HeadphonesNever => self.prefer(|preferences| preferences.headphones_told = true),
            Action::CopyInvite => self.copy(|invitation| invitation.invite.clone()),
            Action::CopyAddress => self.copy(|invitation| invitation.address.clone()),
            Action::ShowInvite => self.change_talk(|talk| talk.invite_shown = !talk.invite_shown),
            Action::Admit => self.answer(value, true),
            Action::Decline => self.answer(value, false),
            Action::Mute => self.toggle_mute(),
            Action::Camera => self.toggle_camera(),
            Action::Statistics => self.change_talk(|talk| talk.statistics = !talk.statistics),
            Action::End => self.ask_to_end(),
            Action::OpenFolder => self.open_folder(value),
            Action::Play => self.play(value),
            Action::AddFolder => self.ask_for_folder(),
            Action::DropFolder => self.drop_folder(value),
            Action::Align => self.align(),
            Action::OpenAligned => self.open_aligned(),
            Action::OpenSession => self.open_session(value),
            Action::Library => self.show_library(),
            Action::Recover => self.recover(value),
            Action::Trash => self.ask_to_trash(value),
            Action::Settings => self.show(Scene::Settings),
            Action::ChooseFolder => self.ask_for_recordings(),
            Action::Set => self.set(value),
            Action::Back => self.go_back(),
            Action::Dismiss => self.state.borrow_mut().banners.dismiss(),
            Action::Fullscreen => self.window.set_fullscreened(!self.window.is_fullscreen()),
            Action::Shortcuts => dialogs::shortcuts(&self.window),
            Action::About => dialogs::about(&self.window),
            Action::Quit => self.quit(),
        }
        self.update_view();
    }

    pub(super) fn prefer(&self, change: impl FnOnce(&mut Preferences)) {
        let mut state = self.state.borrow_mut();
        change(&mut state.preferences);
        let saved = state.preferences.save();
        if let Err(why) = saved {
            state.banners.say(Banner::new(Tone::Warning, why.to_string()));
        }
    }

    fn change_talk(&self, change: impl FnOnce(&mut Talk)) {
        if let Some(talk) = self.state.borrow_mut().scene.talk_mut() {
            change(talk);
        }
    }

    // ---- before

    /// Camera and microphone as they are chosen, if they should be on now.
    pub(super) fn start_preview(&self) {
        let mut state = self.state.borrow_mut();
        if !state.wants_preview() {
            return;
        }
        state.preview = Default::default();
        let preferences = &state.preferences;
        let (camera, microphone) = (camera(&preferences.camera), microphone(&preferences.microphone));
        self.desk.preview(camera, microphone, self.screens.watch());
    }

    pub(super) fn ask_for_room(&self) {
        let state = self.state.borrow();
        if let Ok(recordings) = self.recordings(&state) {
            self.desk.ask_for_room(recordings, Size::FULL_HD, state.preferences.flac);
        }
    }

    fn recordings(&self, state: &crate::ui::state::State) -> Result<PathBuf, String> {
        state.preferences.recordings_folder().map_err(|why| why.to_string())
    }

    fn choose(&self, kind: DeviceKind, id: &str) {
        self.prefer(|preferences| match kind {
            DeviceKind::Camera => preferences.camera = id.to_owned(),
            DeviceKind::Microphone => preferences.microphone = id.to_owned(),
            DeviceKind::Speaker => preferences.speaker = id.to_owned(),
        });
        self.desk.switch(kind, id);
        if kind != DeviceKind::Speaker {
            self.start_preview();
        }
    }

    fn beep(&self) {
        let mut state = self.state.borrow_mut();
        state.beeping = true;
        self.desk.beep(state.preferences.speaker.as_str().into());
    }

    fn show_join(self: &Rc<Self>) {
        self.state.borrow_mut().scene = Scene::Joining(Joining::default());
        let weak = Rc::downgrade(self);
        let clipboard = self.window.display().clipboard();
        gtk::glib::spawn_future_local(async move {
            let text = clipboard.read_text_future().await.ok().flatten();
            let Some(window) = weak.upgrade() else { return };
            if let (Some(text), Scene::Joining(form)) = (text, &mut window.state.borrow_mut().scene) {
                form.found = Some(text.trim().to_owned()).filter(|text| read_invite(text).is_ok());
            }
            window.update_view();
        });
    }

    /// An invite from outside: the command line, a link.
    pub fn offer_invite(self: &Rc<Self>, invite: &str) {
        let busy = self.state.borrow().scene.talk().is_some();
        if busy {
            let text = tr("You are in a call; end it before you join another.");
            self.state.borrow_mut().banners.say(Banner::new(Tone::Note, text));
        } else {
            let form = Joining { typed: invite.to_owned(), ..Joining::default() };
            self.state.borrow_mut().scene = Scene::Joining(form);
        }
        self.update_view();
    }

    fn type_invite(&self, text: &str) {
        if let Scene::Joining(form) = &mut self.state.borrow_mut().scene {
            form.typed = text.to_owned();
            form.refused = None;
        }
    }

    fn paste(&self) {
        if let Scene::Joining(form) = &mut self.state.borrow_mut().scene
            && let Some(found) = form.found.clone()
        {
            form.typed = found;
            form.refused = None;
        }
    }

    // ---- a call

    fn enter(&self) {
        let typed = match &self.state.borrow().scene {
            Scene::Joining(form) => form.typed.trim().to_owned(),
            _ => return,
        };
        self.begin_talk(Talk::join(typed));
    }

    fn begin_talk(&self, talk: Talk) {
        let settings = match self.call_settings() {
            Ok(settings) => settings,
            Err(why) => {
                self.state.borrow_mut().banners.say(Banner::new(Tone::Error, why));
                return;
            }
        };
        match (talk.hosting, read_invite(&talk.invite)) {
            (true, _) => self.desk.host(settings),
            (false, Ok(invite)) => self.desk.join(settings, invite),
            // The action is off while the invite is not whole.
            (false, Err(_)) => return,
        }
        let mut state = self.state.borrow_mut();
        state.banners.clear();
        state.scene = Scene::Talk(Box::new(talk));
    }

    fn call_settings(&self) -> Result<CallSettings, String> {
        let state = self.state.borrow();
        let preferences = &state.preferences;
        let name = match preferences.name.trim() {
            "" => tr("Guest"),
            name => name,
        };
        let mut settings = CallSettings::of(preferences).map_err(|why| why.to_string())?;
        settings.recording.participant = name.to_owned();
        Ok(CallSettings { name: name.to_owned(), pictures: Some(self.screens.watch()), ..settings })
    }

    /// The call was still being opened when it was ended, or muted.
    pub(super) fn ask_what_was_asked_meanwhile(&self) {
        let state = self.state.borrow();
        let Some(talk) = state.scene.talk() else { return };
        self.desk.steer(|remote| {
            if talk.is_leaving() {
                remote.leave();
            }
            if talk.muted {
                remote.mute(true);
            }
            if talk.camera_off {
                remote.camera_off(true);
            }
        });
    }

    fn copy(&self, what: impl FnOnce(&crate::ui::state::Invitation) -> String) {
        let mut state = self.state.borrow_mut();
        let Some(text) = state.scene.talk().and_then(|talk| talk.invitation.as_ref()).map(what) else { return };
        self.window.display().clipboard().set_text(&text);
        state.banners.say(Banner::new(Tone::Note, tr("Copied: paste it into a message to your guests.")));
    }

    fn answer(&self, ticket: &str, yes: bool) {
        let Ok(ticket) = ticket.parse() else { return };
        self.desk.steer(|remote| remote.admit(ticket, yes));
        self.change_talk(|talk| talk.answered(ticket));
    }

    fn toggle_mute(&self) {
        let muted = self.state.borrow().scene.talk().is_some_and(|talk| talk.muted);
        self.set_muted(!muted);
    }

    pub(super) fn set_muted(&self, muted: bool) {
        self.desk.steer(|remote| remote.mute(muted));
        self.change_talk(|talk| talk.muted = muted);
    }

    fn toggle_camera(&self) {
        let off = self.state.borrow().scene.talk().is_some_and(|talk| !talk.camera_off);
        self.desk.steer(|remote| remote.camera_off(off));
        self.change_talk(|talk| talk.camera_off = off);
    }

    fn ask_to_end(self: &Rc<Self>) {
        let alone = self.state.borrow().scene.talk().is_none_or(|talk| talk.met.is_empty());
        if alone {
            return self.leave();
        }
        let weak = Rc::downgrade(self);
        dialogs::confirm(
            &self.window,
            tr("End the call?"),
            tr("You leave the call, and your recording is finished."),
            tr("End the call"),
            move || {
                if let Some(window) = weak.upgrade() {
                    window.leave();
                    window.update_view();
                }
            },
        );
    }

    pub(super) fn leave(&self) {
        self.desk.steer(crate::studio::Remote::leave);
        self.change_talk(|talk| talk.step = Step::Leaving);
    }

    // ---- after

    fn go_back(&self) {
        let from_library = matches!(&self.state.borrow().scene, Scene::After(left) if left.from_library);
        if from_library {
            return self.show_library();
        }
        self.show(Scene::Before);
        self.start_preview();
        self.ask_for_room();
    }

    /// The folder of a session, or of the master that is shown.
    fn session_folder(&self, value: &str) -> Option<PathBuf> {
        match (&self.state.borrow().scene, value) {
            (Scene::After(left), "") => left.master.as_ref().map(|master| master.folder.clone()),
            (_, "") => None,
            (_, folder) => Some(PathBuf::from(folder)),
        }
    }

    fn open_folder(&self, value: &str) {
        if let Some(folder) = self.session_folder(value) {
            self.launch(&folder);
        }
    }

    fn play(&self, value: &str) {
        if let Some(folder) = self.session_folder(value) {
            self.launch(&crate::disk::Place::in_folder(&folder).master);
        }
    }

    fn open_aligned(&self) {
        let out = match &self.state.borrow().scene {
            Scene::After(left) => left.align_out(),
            _ => None,
        };
        if let Some(out) = out {
            self.launch(&out);
        }
    }

    /// Opens a file or folder with what the system has for it.
    fn launch(&self, path: &Path) {
        let uri = gio::prelude::FileExt::uri(&gio::File::for_path(path));
        if let Err(why) = gio::AppInfo::launch_default_for_uri(&uri, gio::AppLaunchContext::NONE) {
            let text = format!("{} {}: {why}", tr("Nothing on this machine opens"), path.display());
            self.state.borrow_mut().banners.say(Banner::new(Tone::Error, text));
        }
    }

    pub(super) fn take_folders(&self, folders: Vec<PathBuf>) {
        if let Scene::After(left) = &mut self.state.borrow_mut().scene {
            folders.into_iter().for_each(|folder| left.aligning.add(folder));
        }
        self.update_view();
    }

    fn ask_for_folder(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        dialogs::choose_folder(&self.window, tr("The session folder of another person"), move |folder| {
            if let Some(window) = weak.upgrade() {
                window.take_folders(vec![folder]);
            }
        });
    }

    fn drop_folder(&self, folder: &str) {
        if let Scene::After(left) = &mut self.state.borrow_mut().scene {
            left.aligning.folders.retain(|known| known != Path::new(folder));
        }
    }

    fn align(&self) {
        if let Scene::After(left) = &mut self.state.borrow_mut().scene
            && let (Some(out), Some(master)) = (left.align_out(), &left.master)
        {
            let folders = std::iter::once(master.folder.clone()).chain(left.aligning.folders.iter().cloned());
            self.desk.align(folders.collect(), out);
            left.aligning.spoken = Spoken::Working(tr("Reading the recordings…").to_owned());
        }
    }
}
