// SPDX-License-Identifier: MIT
//! Camera and microphone before a call: a person sees themselves and how loud they are. Nothing is recorded or sent.

use super::keeper::{Keeper, leave};
use super::meters::Meters;
use super::pictures::{PictureWatch, Shown};
use super::plug;
use super::prepare::{ChosenCamera, ChosenMicrophone, Devices, PrepareError};
use super::settings::{CameraChoice, MicrophoneChoice, Settings};
use crate::media::{CameraSignal, DeviceKind, MicrophoneSignal};
use crate::words::Size;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What a preview tells, from threads of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum PreviewEvent {
    /// The camera shows something; again after each absence.
    Camera {
        /// Its name.
        name: String,
        /// It is the test picture, for want of a camera.
        test: bool,
        /// The size of its pictures.
        size: Size,
    },
    /// The microphone is heard; again after each absence.
    Microphone {
        /// Its name.
        name: String,
        /// It is the test sound, for want of a microphone.
        test: bool,
    },
    /// A device does not start, or is gone; it is taken up again as soon as it is back.
    Lost {
        /// Which of them.
        kind: DeviceKind,
        /// For people.
        message: String,
    },
}

/// The guard: devices are let go when it goes out of scope, on a thread of their own.
#[derive(Debug)]
pub struct Preview {
    keepers: Vec<Keeper>,
    meters: Meters,
    /// Cleared at the end: what is still under way then is nobody's business any more.
    on: Arc<AtomicBool>,
}

/// Tells, as long as somebody listens.
#[derive(Clone)]
struct Teller {
    on: Arc<AtomicBool>,
    tell: Arc<Mutex<dyn Fn(PreviewEvent) + Send>>,
}

impl Preview {
    /// Turns them on. Finding devices may take a moment, so this is nothing for the window's own thread.
    pub fn start(
        camera: CameraChoice,
        microphone: MicrophoneChoice,
        pictures: PictureWatch,
        tell: impl Fn(PreviewEvent) + Send + 'static,
    ) -> Result<Preview, PrepareError> {
        let settings = Settings { camera, microphone, ..Settings::new(Default::default()) };
        let devices = match Devices::find(&settings) {
            // Then there is nothing to see and nothing to hear, which a person may want.
            Err(PrepareError::Nothing) => Devices { camera: None, microphone: None },
            found => found?,
        };
        let on = Arc::new(AtomicBool::new(true));
        let teller = Teller { on: on.clone(), tell: Arc::new(Mutex::new(tell)) };
        let meters = Meters::default();
        let camera = devices.camera.map(|camera| watch(camera, pictures, teller.clone()));
        let microphone = devices.microphone.map(|microphone| listen(microphone, meters.clone(), teller));
        Ok(Preview { keepers: camera.into_iter().chain(microphone).collect(), meters, on })
    }

    /// How loud our own microphone is.
    pub fn meters(&self) -> Meters {
        self.meters.clone()
    }

    /// Lets go of the devices and waits until they are free for somebody else; not for the window's own thread either.
    pub fn end(mut self) {
        self.on.store(false, Ordering::Relaxed);
        self.keepers.clear();
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        self.on.store(false, Ordering::Relaxed);
        leave(self.keepers.drain(..));
    }
}

impl Teller {
    fn tell(&self, event: PreviewEvent) {
        if self.is_on() {
            let tell = self.tell.lock().unwrap_or_else(PoisonError::into_inner);
            tell(event);
        }
    }

    fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }
}

fn watch(camera: ChosenCamera, pictures: PictureWatch, teller: Teller) -> Keeper {
    let (name, test) = (camera.0.name.clone(), camera.0.is_test());
    let (told, failing) = (AtomicBool::new(false), teller.clone());
    let kind = DeviceKind::Camera;
    let on_signal = move |signal| match signal {
        CameraSignal::Picture(picture) => {
            if !teller.is_on() {
                return;
            }
            pictures(Shown::Own(&picture));
            if let Some(format) = picture.format().filter(|_| !told.swap(true, Ordering::Relaxed)) {
                teller.tell(PreviewEvent::Camera { name: name.clone(), test, size: format.size });
            }
        }
        CameraSignal::Lost(why) => {
            told.store(false, Ordering::Relaxed);
            teller.tell(PreviewEvent::Lost { kind, message: format!("the camera '{name}' is gone: {why}") });
        }
    };
    let name = camera.0.name.clone();
    let failed = move |why: String| failing.tell(PreviewEvent::Lost { kind, message: refusal("camera", &name, &why) });
    plug::camera(camera, Default::default(), on_signal, failed)
}

fn listen(microphone: ChosenMicrophone, meters: Meters, teller: Teller) -> Keeper {
    let (name, test) = (microphone.0.name.clone(), microphone.0.is_test());
    let (told, failing) = (AtomicBool::new(false), teller.clone());
    let kind = DeviceKind::Microphone;
    let on_signal = move |signal| match signal {
        MicrophoneSignal::Sound(block) => {
            meters.hear(&block);
            if !told.swap(true, Ordering::Relaxed) {
                teller.tell(PreviewEvent::Microphone { name: name.clone(), test });
            }
        }
        MicrophoneSignal::Lost(why) => {
            told.store(false, Ordering::Relaxed);
            teller.tell(PreviewEvent::Lost { kind, message: format!("the microphone '{name}' is gone: {why}") });
        }
    };
    let name = microphone.0.name.clone();
    let failed =
        move |why: String| failing.tell(PreviewEvent::Lost { kind, message: refusal("microphone", &name, &why) });
    plug::microphone(microphone, None, on_signal, failed)
}

fn refusal(kind: &str, name: &str, why: &str) -> String {
    let why = why.trim_end_matches('.');
    format!("the {kind} '{name}' does not start ({why}); close other programs that use it, or choose another")
}
