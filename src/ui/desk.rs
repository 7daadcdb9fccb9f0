// SPDX-License-Identifier: MIT
//! The window's hands: everything that takes time is done here on threads, and comes back as [`News`].
//!
//! One thread, the stagehand, turns the preview on and off and opens calls, strictly one after the other: a camera can
//! only be had once. A running call has a thread that listens to it. Everything else gets a thread for as long as it
//! lasts, from the foreman.

mod files;
mod foreman;
mod stagehand;

use super::state::News;
use crate::media::{DeviceKind, DeviceWatch};
use crate::studio::{
    Admission, CallSettings, CameraChoice, Invite, Meters, MicrophoneChoice, PictureWatch, Remote, SpeakerChoice,
    TestSound,
};
use async_channel::Sender;
use foreman::Foreman;
use stagehand::{Job, Stagehand};
use std::cell::RefCell;

/// The hands of one window.
pub struct Desk {
    news: Sender<News>,
    stagehand: Stagehand,
    foreman: Foreman,
    _devices: DeviceWatch,
    beep: RefCell<Option<TestSound>>,
    remote: RefCell<Option<Remote>>,
    meters: RefCell<Option<Meters>>,
}

impl Desk {
    /// From now on news come through the other end of `news`.
    pub fn start(news: Sender<News>) -> Desk {
        let plugged = news.clone();
        let devices = DeviceWatch::start(move |devices| tell(&plugged, News::Devices(devices)));
        Desk {
            stagehand: Stagehand::start(news.clone()),
            foreman: Foreman::start(),
            news,
            _devices: devices,
            beep: RefCell::default(),
            remote: RefCell::default(),
            meters: RefCell::default(),
        }
    }

    /// Turns camera and microphone on, or others.
    pub fn preview(&self, camera: CameraChoice, microphone: MicrophoneChoice, pictures: PictureWatch) {
        self.stagehand.give(Job::Preview(camera, microphone, pictures));
    }

    /// Turns them off.
    pub fn rest(&self) {
        self.meters.replace(None);
        self.stagehand.give(Job::Rest);
    }

    /// Opens a call, once the preview has let the devices go.
    pub fn host(&self, settings: CallSettings) {
        self.stagehand.give(Job::Host(settings, Admission::Ask));
    }

    /// Comes into a call, once the preview has let the devices go.
    pub fn join(&self, settings: CallSettings, invite: Invite) {
        self.stagehand.give(Job::Join(settings, invite));
    }

    /// The call can be steered, and everybody heard, from now on; or no longer.
    pub fn hold(&self, call: Option<(Remote, Meters)>) {
        let (remote, meters) = call.unzip();
        self.remote.replace(remote);
        self.meters.replace(meters);
    }

    /// How loud the preview is.
    pub fn hear_preview(&self, meters: Meters) {
        self.meters.replace(Some(meters));
    }

    /// How loud everybody is.
    pub fn meters(&self) -> Option<Meters> {
        self.meters.borrow().clone()
    }

    /// Steers the call, if there is one.
    pub fn steer(&self, order: impl FnOnce(&Remote)) {
        if let Some(remote) = &*self.remote.borrow() {
            order(remote);
        }
    }

    /// Another device in mid-call.
    pub fn switch(&self, kind: DeviceKind, id: &str) {
        self.steer(|remote| match kind {
            DeviceKind::Camera => remote.switch_camera(camera(id)),
            DeviceKind::Microphone => remote.switch_microphone(microphone(id)),
            DeviceKind::Speaker => remote.switch_speaker(id.into()),
        });
    }

    /// Two beeps on that speaker.
    pub fn beep(&self, speaker: SpeakerChoice) {
        let news = self.news.clone();
        let sound = TestSound::play(speaker, move |done| tell(&news, News::Beeped(done)));
        self.beep.replace(Some(sound));
    }
}

/// Tells the window, as long as there is one.
fn tell(news: &Sender<News>, what: News) {
    // A window that is closed needs no news.
    let _ = news.send_blocking(what);
}

/// A camera as settings write it.
pub fn camera(id: &str) -> CameraChoice {
    id.parse().unwrap_or(CameraChoice::Auto)
}

/// A microphone as settings write it.
pub fn microphone(id: &str) -> MicrophoneChoice {
    id.parse().unwrap_or(MicrophoneChoice::Auto(crate::media::Channel::Auto))
}
