// SPDX-License-Identifier: MIT
//! This machine's camera and microphone, recorded with any configuration: the devices of a golden master, the file of a
//! [`MediaRecorder`].

use super::keeper::{Keeper, leave};
use super::media_recorder::{
    AudioBlock, Expected, Finishing, MediaRecorder, RecordError, RecordingReport, SubmitError, VideoFrame,
};
use super::plug::{self, SharedFormat};
use super::prepare::{ChosenCamera, ChosenMicrophone, Devices, PrepareError};
use super::settings::{CameraChoice, MicrophoneChoice, Settings};
use crate::media::{CameraSignal, Channel, MicrophoneSignal, PictureFormat, RawPictures, SampleFormat};
use crate::studio::config::{RecordingConfig, TrackMedia};
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

/// A further device, for the track of that name.
#[derive(Clone, Debug, PartialEq)]
pub struct FurtherSource {
    /// What the configuration calls the track.
    pub name: String,
    /// What is recorded on it.
    pub device: FurtherDevice,
}

/// What a further track is recorded from.
#[derive(Clone, Debug, PartialEq)]
pub enum FurtherDevice {
    /// Pictures.
    Camera(CameraChoice),
    /// Sound.
    Microphone(MicrophoneChoice),
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
        config: RecordingConfig,
        settings: &Settings,
        path: &Path,
        tell: impl Fn(LiveEvent) + Send + Sync + 'static,
    ) -> Result<LiveRecorder, LiveError> {
        LiveRecorder::start_with(config, settings, &[], path, tell)
    }

    /// The same, with further devices for the further tracks of the configuration.
    pub fn start_with(
        mut config: RecordingConfig,
        settings: &Settings,
        sources: &[FurtherSource],
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
        let further = further(sources, settings, &config)?;
        // What is refused is refused before a device is turned on.
        let mut recorder = MediaRecorder::new(config)?.sound(SampleFormat::F32, RATE_HZ as u32, 1);
        let further = further.into_iter().map(|(name, device)| Ok((recorder.track(&*name)?.number(), name, device)));
        let further = further.collect::<Result<Vec<_>, RecordError>>()?;
        let mut keepers = Vec::new();
        if let Some(chosen) = devices.camera {
            gate.begins_ns.store(DARK, Relaxed);
            let (keeper, format) = watch(chosen, &camera, MAIN, &gate, &tell)?;
            keepers.push(keeper);
            recorder = recorder.camera_pictures(RawPictures::of_camera(&format));
        }
        let mut listened = Vec::new();
        for (number, name, device) in further {
            match device {
                Chosen::Camera(chosen) => {
                    let (keeper, format) = watch(chosen, &name, number, &gate, &tell)?;
                    keepers.push(keeper);
                    recorder = recorder.expecting(number, Expected::Pictures(RawPictures::of_camera(&format)))?;
                }
                Chosen::Microphone(chosen) => {
                    recorder = recorder.track_sound(number, SampleFormat::F32, RATE_HZ as u32, 1)?;
                    listened.push((chosen, name, number));
                }
            }
        }
        tracing::info!("pictures come from '{camera}', sound from '{microphone}'");
        recorder.start(path)?;
        let recorder = Arc::new(recorder);
        // Set once, here.
        let _ = gate.recorder.set(recorder.clone());
        keepers.extend(devices.microphone.map(|chosen| listen(chosen, &microphone, MAIN, &gate, &tell)));
        keepers.extend(listened.into_iter().map(|(chosen, name, number)| listen(chosen, &name, number, &gate, &tell)));
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

/// The track that is the main pair.
const MAIN: usize = 0;

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

/// A further device that was found.
enum Chosen {
    Camera(ChosenCamera),
    Microphone(ChosenMicrophone),
}

/// Finds the further devices; the test picture has the shape of its track, if no other was asked for.
fn further(
    sources: &[FurtherSource],
    settings: &Settings,
    config: &RecordingConfig,
) -> Result<Vec<(String, Chosen)>, PrepareError> {
    let find = |FurtherSource { name, device }: &FurtherSource| {
        let mut alone = Settings { camera: CameraChoice::Off, microphone: MicrophoneChoice::Off, ..settings.clone() };
        let media = config.tracks.iter().find(|track| track.name.eq_ignore_ascii_case(name)).map(|track| &track.media);
        let (mut wanted, nothing) = (config.clone().without_video().without_audio(), PrepareError::Nothing);
        match device {
            FurtherDevice::Camera(choice) => alone.camera = choice.clone(),
            FurtherDevice::Microphone(choice) => alone.microphone = choice.clone(),
        }
        match media {
            Some(TrackMedia::Video(video)) => wanted.video = Some(video.clone()),
            Some(TrackMedia::Audio(audio)) => wanted.audio = Some(audio.clone()),
            // The recorder says what is wrong with the name.
            None => (wanted.video, wanted.audio) = (config.video.clone(), config.audio.clone()),
        }
        let Devices { camera, microphone } = devices_for(&alone, &wanted)?;
        let chosen = camera.map(Chosen::Camera).or(microphone.map(Chosen::Microphone)).ok_or(nothing)?;
        Ok((name.clone(), chosen))
    };
    sources.iter().map(find).collect()
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

/// Pictures for the track of that number.
fn watch(
    chosen: ChosenCamera,
    name: &str,
    number: usize,
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
                let Some(frame) = VideoFrame::of_camera(&picture) else { return };
                match recorder.track(number) {
                    Ok(track) => refusals.hear(track.submit_video(&frame, at(picture.at))),
                    Err(_) => {
                        refusals.hear(recorder.submit_video(&frame, at(picture.at)));
                        gate.begins_ns.fetch_min(picture.at.0, Relaxed);
                    }
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

/// Sound for the track of that number.
fn listen(chosen: ChosenMicrophone, name: &str, number: usize, gate: &Arc<Gate>, tell: &Tell) -> Keeper {
    let (gate, refusals) = (gate.clone(), refusals(tell));
    let (lost, failing, name) = (tell.clone(), tell.clone(), name.to_owned());
    let chosen: (_, Channel) = chosen;
    let on_signal = move |signal| match signal {
        MicrophoneSignal::Sound(block) => {
            let Some(recorder) = gate.recorder.get() else { return };
            let has_begun = block.at.0 >= gate.begins_ns.load(Relaxed);
            match (AudioBlock::of_microphone(&block), recorder.track(number)) {
                (Some(sound), Ok(track)) => refusals.hear(track.submit_audio(&sound, at(block.at))),
                (Some(sound), Err(_)) if has_begun => refusals.hear(recorder.submit_audio(&sound, at(block.at))),
                (Some(_), Err(_)) => {}
                (None, _) => tracing::debug!("a block of the microphone can't be read"),
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
