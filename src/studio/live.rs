// SPDX-License-Identifier: MIT
//! This machine's camera and microphone, recorded with any configuration: the devices of a golden master, the file of a
//! [`MediaRecorder`].

use super::keeper::{Keeper, leave};
use super::media_recorder::{
    AudioBlock, Finishing, MediaRecorder, RecordError, RecordingReport, SubmitError, VideoFrame,
};
use super::plug::{self, SharedFormat};
use super::prepare::{ChosenCamera, ChosenMicrophone, Devices, PrepareError};
use super::settings::{CameraChoice, MicrophoneChoice, Settings};
use crate::media::{CameraSignal, Channel, MicrophoneSignal, PictureFormat, RawPictures, SampleFormat};
use crate::studio::config::RecordingConfig;
use crate::words::{Mono, RATE_HZ, Rate, Size};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// A camera that shows nothing for so long does not start.
const FIRST_PICTURE: Duration = Duration::from_secs(15);

/// Why it does not begin.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The devices.
    #[error(transparent)]
    Devices(#[from] PrepareError),
    /// A camera that delivers nothing.
    #[error("the camera '{name}' does not start ({why}); close other programs that use it, or choose another")]
    Camera {
        /// Its name.
        name: String,
        /// What it said.
        why: String,
    },
    /// Everything else.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// What happens on the way, told from threads of its own.
#[derive(Clone, Debug)]
pub enum LiveEvent {
    /// Something to know; for programs, and for people.
    Warning(&'static str, String),
    /// It takes no more: stop it.
    Over(String),
}

type Tell = Arc<dyn Fn(LiveEvent) + Send + Sync>;

/// The guard: the devices are let go and the file is finished when it goes out of scope.
pub struct LiveRecorder {
    recorder: Arc<MediaRecorder>,
    keepers: Vec<Keeper>,
    /// What pictures come from; empty without.
    pub camera: String,
    /// What sound comes from; empty without.
    pub microphone: String,
}

impl LiveRecorder {
    /// Turns the devices on and begins the file. A device that is off takes its track out of the configuration.
    pub fn start(
        mut config: RecordingConfig,
        settings: &Settings,
        path: &Path,
        tell: impl Fn(LiveEvent) + Send + Sync + 'static,
    ) -> Result<LiveRecorder, LiveError> {
        let devices = devices_for(settings, &config)?;
        config = if devices.camera.is_none() { config.without_video() } else { config };
        config = if devices.microphone.is_none() { config.without_audio() } else { config };
        let tell: Tell = Arc::new(move |event| {
            tracing::info!("{event:?}");
            tell(event);
        });
        let name = |device: &crate::media::Device| device.name.clone();
        let camera = devices.camera.as_ref().map_or(String::new(), |(device, _)| name(device));
        let microphone = devices.microphone.as_ref().map_or(String::new(), |(device, _)| name(device));
        let gate = Arc::<Gate>::default();
        // What is refused is refused before a device is turned on.
        let mut recorder = MediaRecorder::new(config)?.sound(SampleFormat::F32, RATE_HZ as u32, 1);
        let mut keepers = Vec::new();
        if let Some(chosen) = devices.camera {
            gate.begins_ns.store(DARK, Relaxed);
            let (keeper, format) = watch(chosen, &camera, &gate, &tell)?;
            keepers.push(keeper);
            recorder = recorder.camera_pictures(RawPictures::of_camera(&format));
        }
        tracing::info!("pictures come from '{camera}', sound from '{microphone}'");
        recorder.start(path)?;
        let recorder = Arc::new(recorder);
        // Set once, here.
        let _ = gate.recorder.set(recorder.clone());
        keepers.extend(devices.microphone.map(|chosen| listen(chosen, &microphone, &gate, &tell)));
        Ok(LiveRecorder { recorder, keepers, camera, microphone })
    }

    /// The recorder, to pause it and to ask how it goes.
    pub fn recorder(&self) -> &MediaRecorder {
        &self.recorder
    }

    /// Finishes the file; `tell` hears how far that is, see [`MediaRecorder::stop_watched`].
    pub fn stop(mut self, tell: &dyn Fn(Finishing)) -> Result<RecordingReport, RecordError> {
        let report = self.recorder.stop_watched(tell);
        leave(self.keepers.drain(..));
        report
    }
}

impl Drop for LiveRecorder {
    fn drop(&mut self) {
        leave(self.keepers.drain(..));
        // It may have been stopped.
        let _ = self.recorder.stop();
    }
}

/// Where devices deliver, once there is a recorder. With a camera it begins with the first picture: nobody wants a black
/// one in front.
#[derive(Default)]
struct Gate {
    recorder: OnceLock<Arc<MediaRecorder>>,
    /// When its first picture was taken; nothing that was heard before that is recorded.
    begins_ns: AtomicU64,
}

/// No picture yet.
const DARK: u64 = u64::MAX;

/// What `test` stands for where nothing more is said.
const TEST_SHAPE: (Size, Rate) = (Size { width: 1280, height: 720 }, Rate::whole(30));

/// A device for which there is no track stays off; the test picture has the recording's own shape, if no other was
/// asked for.
fn devices_for(settings: &Settings, config: &RecordingConfig) -> Result<Devices, PrepareError> {
    let mut settings = settings.clone();
    if config.video.is_none() {
        settings.camera = CameraChoice::Off;
    }
    if config.audio.is_none() {
        settings.microphone = MicrophoneChoice::Off;
    }
    let mut devices = Devices::find(&settings)?;
    if let (Some((device, shape)), Some(video)) = (&mut devices.camera, &config.video)
        && device.is_test()
        && *shape == TEST_SHAPE
    {
        *shape = (video.size, video.frame_rate);
    }
    Ok(devices)
}

fn at(mono: Mono) -> Option<Duration> {
    Some(Duration::from_nanos(mono.0))
}

/// Tells of what was not taken, once for each reason.
struct Refusals {
    tell: Tell,
    told: Mutex<Option<std::mem::Discriminant<SubmitError>>>,
}

impl Refusals {
    fn hear(&self, taken: Result<(), SubmitError>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let why = match taken {
            // Between the last picture and the end of the devices.
            Ok(()) | Err(SubmitError::NotRunning) => return *told = None,
            Err(why) => why,
        };
        if told.replace(std::mem::discriminant(&why)) == Some(std::mem::discriminant(&why)) {
            return;
        }
        (self.tell)(match why {
            SubmitError::LimitReached { .. } | SubmitError::Failed { .. } => LiveEvent::Over(why.to_string()),
            SubmitError::Busy { .. } => {
                LiveEvent::Warning("overload", "this machine is too busy: pictures or sound are left out".into())
            }
            _ => LiveEvent::Warning("refused", why.to_string()),
        });
    }
}

fn watch(
    chosen: ChosenCamera,
    name: &str,
    gate: &Arc<Gate>,
    tell: &Tell,
) -> Result<(Keeper, PictureFormat), LiveError> {
    let format = SharedFormat::default();
    let (first, formats) = channel::<Result<PictureFormat, String>>();
    let (failing, shared) = (first.clone(), format.clone());
    let (gate, tell, refusals) = (gate.clone(), tell.clone(), refusals(tell));
    let on_signal = move |signal| match signal {
        CameraSignal::Picture(picture) => match gate.recorder.get() {
            Some(recorder) => {
                if let Some(frame) = VideoFrame::of_camera(&picture) {
                    refusals.hear(recorder.submit_video(&frame, at(picture.at)));
                    gate.begins_ns.fetch_min(picture.at.0, Relaxed);
                }
            }
            None => hold_format(&picture.format(), &shared, &first),
        },
        CameraSignal::Lost(why) => {
            tell(LiveEvent::Warning("camera-gone", format!("the camera is gone ({why}); its last picture is held")));
        }
    };
    let failed = move |why| {
        // Heard only while the first picture is waited for.
        let _ = failing.send(Err(why));
    };
    let keeper = plug::camera(chosen, format, on_signal, failed);
    let silent = |_| Err(format!("no picture in {} s", FIRST_PICTURE.as_secs()));
    match formats.recv_timeout(FIRST_PICTURE).unwrap_or_else(silent) {
        Ok(format) => Ok((keeper, format)),
        Err(why) => {
            leave([keeper]);
            Err(LiveError::Camera { name: name.to_owned(), why })
        }
    }
}

/// The first picture says what all later ones are brought to, of another camera too.
fn hold_format(format: &Option<PictureFormat>, shared: &SharedFormat, first: &Sender<Result<PictureFormat, String>>) {
    let Some(format) = format else { return };
    shared.lock().expect("nobody panics holding it").get_or_insert_with(|| format.clone());
    // Heard only while the first picture is waited for.
    let _ = first.send(Ok(format.clone()));
}

fn listen(chosen: ChosenMicrophone, name: &str, gate: &Arc<Gate>, tell: &Tell) -> Keeper {
    let (gate, refusals) = (gate.clone(), refusals(tell));
    let (lost, failing, name) = (tell.clone(), tell.clone(), name.to_owned());
    let chosen: (_, Channel) = chosen;
    let on_signal = move |signal| match signal {
        MicrophoneSignal::Sound(block) => {
            let Some(recorder) = gate.recorder.get().filter(|_| block.at.0 >= gate.begins_ns.load(Relaxed)) else {
                return;
            };
            match AudioBlock::of_microphone(&block) {
                Some(sound) => refusals.hear(recorder.submit_audio(&sound, at(block.at))),
                None => tracing::debug!("a block of the microphone can't be read"),
            }
        }
        MicrophoneSignal::Lost(why) => {
            lost(LiveEvent::Warning("microphone-gone", format!("the microphone is gone ({why}); silence is recorded")));
        }
    };
    let failed = move |why| {
        failing(LiveEvent::Warning("microphone-missing", format!("the microphone '{name}' does not start: {why}")));
    };
    plug::microphone(chosen, None, on_signal, failed)
}

fn refusals(tell: &Tell) -> Refusals {
    Refusals { tell: tell.clone(), told: Mutex::default() }
}
