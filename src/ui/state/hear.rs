// SPDX-License-Identifier: MIT
//! How news change what the window knows.

use super::warning;
use super::{Action, After, Banner, Mending, News, Scene, Spoken, State, Step, Tone};
use crate::media::DeviceKind;
use crate::studio::{CallEvent, Event, PreviewEvent};
use crate::ui::words::tr;

impl State {
    /// Takes news in.
    pub fn hear(&mut self, news: News) {
        match news {
            News::Devices(devices) => self.devices = devices,
            News::Preview(Ok(event)) => self.hear_preview(event),
            News::Preview(Err(why)) => self.preview.dark = Some(why),
            News::Room(room) => self.room = room,
            News::Beeped(done) => {
                self.beeping = false;
                if let Err(why) = done {
                    self.banners.say(Banner::new(Tone::Error, why).with(Action::TestSound, None));
                }
            }
            News::CallOpened(..) => {
                if let Some(talk) = self.scene.talk_mut().filter(|talk| !talk.hosting && talk.step == Step::Opening) {
                    talk.step = Step::Looking;
                }
            }
            News::Call(event) => self.hear_call(event),
            News::CallRefused(why) => self.refuse(why),
            News::CallOver => self.end_talk(),
            News::AlignStep(step) => self.aligning(Spoken::Working(step)),
            News::Aligned(Ok(report)) => self.aligning(Spoken::Done(report)),
            News::Aligned(Err(why)) => self.aligning(Spoken::Failed(why)),
            News::Second => {
                self.banners.second();
                if let Some(talk) = self.scene.talk_mut() {
                    talk.second();
                }
            }
            News::PreviewMeters(_) => {}
            News::Sessions(_) | News::Thumbnail(..) | News::Mending(..) | News::Mended(..) | News::Trashed(..) => {
                self.hear_library(news);
            }
        }
    }

    fn hear_preview(&mut self, event: PreviewEvent) {
        let preview = &mut self.preview;
        match event {
            PreviewEvent::Camera { name, test, .. } => {
                (preview.camera, preview.dark) = (Some((name, test)), None);
            }
            PreviewEvent::Microphone { name, test } => {
                (preview.microphone, preview.silent) = (Some((name, test)), None);
            }
            PreviewEvent::Lost { kind: DeviceKind::Camera, message } => {
                (preview.camera, preview.dark) = (None, Some(message));
            }
            PreviewEvent::Lost { message, .. } => (preview.microphone, preview.silent) = (None, Some(message)),
        }
    }

    fn hear_call(&mut self, event: CallEvent) {
        let said = match &event {
            CallEvent::Warning { kind, message } => warning::banner(kind, message),
            CallEvent::Recording(Event::Warning { kind, message, .. }) => warning::banner(kind, message),
            CallEvent::NoRoad { message, .. } => Some(Banner::new(Tone::Warning, message.clone())),
            _ => None,
        };
        if let Some(banner) = said {
            self.banners.say(banner);
        }
        if let CallEvent::Recording(Event::DeviceChanged { device, .. }) = &event {
            self.banners.settle(device);
        }
        if let Some(talk) = self.scene.talk_mut() {
            talk.hear(event);
        }
    }

    /// The call could not be opened: back to where the order was given, with the reason and another try.
    fn refuse(&mut self, why: String) {
        let Scene::Talk(talk) = std::mem::replace(&mut self.scene, Scene::Before) else { return };
        if talk.hosting {
            self.banners.say(Banner::new(Tone::Error, why).with(Action::Host, None));
        } else {
            self.scene = Scene::Joining(super::Joining { typed: talk.invite, refused: Some(why), found: None });
        }
    }

    /// Everything is closed. Who never came in, and has no master, has nothing to see after.
    fn end_talk(&mut self) {
        let Scene::Talk(talk) = std::mem::replace(&mut self.scene, Scene::Before) else { return };
        match &talk.failed {
            Some(why) if talk.place.is_none() && talk.finished.is_none() => {
                let why = why.clone();
                self.scene = Scene::Talk(talk);
                self.refuse(why);
            }
            None if talk.met.is_empty() && talk.finished.is_none() => {}
            _ => {
                self.banners.clear();
                self.scene = Scene::After(Box::new(After::of(*talk)));
            }
        }
    }

    fn aligning(&mut self, spoken: Spoken) {
        if let Scene::After(after) = &mut self.scene {
            after.aligning.spoken = spoken;
        }
    }

    fn hear_library(&mut self, news: News) {
        if let News::Sessions(sessions) = &news {
            self.broken = sessions.iter().filter(|session| !session.finished && !session.running).count();
            self.offer_mending();
        }
        let failed = match &news {
            News::Trashed(Err(why)) => Some(why.clone()),
            _ => None,
        };
        if let Some(why) = failed {
            self.banners.say(Banner::new(Tone::Error, why));
        }
        let Scene::Library(library) = &mut self.scene else { return };
        match news {
            News::Sessions(sessions) => library.take(sessions),
            News::Thumbnail(folder, thumbnail) => {
                if let Some(entry) = library.entry(&folder) {
                    entry.thumbnail = Some(thumbnail);
                }
            }
            News::Mending(folder, done) => {
                if let Some(entry) = library.entry(&folder) {
                    entry.mending = Mending::At(done);
                }
            }
            News::Mended(folder, done) => {
                if let Some(entry) = library.entry(&folder) {
                    entry.mending = done.err().map_or(Mending::No, Mending::Failed);
                }
            }
            _ => {}
        }
    }

    /// Offers to mend what a crash left, once the disk has been read.
    fn offer_mending(&mut self) {
        if self.broken > 0 && self.banners.shown().is_none() && matches!(self.scene, Scene::Before) {
            let text = tr("A recording was not finished last time. It is safe, and can be made whole now.");
            self.banners.say(Banner::new(Tone::Note, text).with(Action::Recover, Some(String::new())));
        }
    }
}
