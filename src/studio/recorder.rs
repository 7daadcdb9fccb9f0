// SPDX-License-Identifier: MIT
//! A recording that runs: started with [`Settings`], watched through [`Event`]s, ended by [`Recorder::stop`] or
//! by itself.

use super::event::Event;
use super::prepare::PrepareError;
use super::settings::{CameraChoice, MicrophoneChoice, Settings};
use super::take::call::CallNews;
use super::take::desk::{find_camera, find_microphone};
use super::take::{Signal, StandBy, Take};
use crate::disk::WriterError;
use crate::media::{Device, GraphError};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// Why a recording does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something was refused.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// A device does not deliver.
    #[error("the {kind} '{name}' does not start: {why}. Close other programs that use it, or choose another")]
    Device {
        /// "camera" or "microphone".
        kind: &'static str,
        /// Its name.
        name: String,
        /// What it said.
        why: String,
    },
    /// A graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The file.
    #[error(transparent)]
    Writer(#[from] WriterError),
    /// The person changed their mind.
    #[error("stopped before the recording had begun; nothing was recorded")]
    Stopped,
}

/// Ends a recording from anywhere, a signal handler included.
#[derive(Clone, Debug)]
pub struct Stopper(Sender<Signal>);

impl Stopper {
    /// Asks for the end; the recording is finished and then says so.
    pub fn stop(&self) {
        // A recording that is over has nothing to stop.
        let _ = self.0.send(Signal::Stop);
    }
}

impl Stopper {
    /// What a call tells its recording.
    pub(super) fn news(&self, news: CallNews) {
        // A recording that is over hears no news.
        let _ = self.0.send(Signal::Call(news));
    }

    /// Finds another camera and has it taken up; answers with which, nothing if there shall be none.
    pub(super) fn switch_camera(&self, to: CameraChoice) -> Result<Option<Device>, PrepareError> {
        let camera = find_camera(to)?;
        let device = camera.as_ref().map(|(device, _)| device.clone());
        // A recording that is over has nothing to switch.
        let _ = self.0.send(Signal::SwitchCamera(camera));
        Ok(device)
    }

    /// The same with a microphone.
    pub(super) fn switch_microphone(&self, to: MicrophoneChoice) -> Result<Option<Device>, PrepareError> {
        let microphone = find_microphone(to)?;
        let device = microphone.as_ref().map(|(device, _)| device.clone());
        let _ = self.0.send(Signal::SwitchMicrophone(microphone));
        Ok(device)
    }
}

/// The guard: dropping it ends the recording and waits until the file is finished.
#[derive(Debug)]
pub struct Recorder {
    stopper: Stopper,
    events: Receiver<Event>,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Begins at once; what is refused comes as an error from [`Recorder::started`].
    pub fn start(settings: Settings) -> (Starting, Stopper) {
        let (send, inbox) = channel();
        let (tell, events) = channel();
        let (answer, started) = channel();
        let stopper = Stopper(send.clone());
        let run = move || match Take::begin(settings, send, inbox, tell) {
            Ok(take) => {
                // Whoever started us may have gone; the recording runs all the same.
                let _ = answer.send(Ok(()));
                take.run();
            }
            Err(why) => drop(answer.send(Err(why))),
        };
        let thread = std::thread::Builder::new().name("take".into()).spawn(run).expect("the system has a thread left");
        let recorder = Recorder { stopper: stopper.clone(), events, thread: Some(thread) };
        (Starting { recorder, started }, stopper)
    }

    /// A recorder for a call: its devices are on at once, and it records from [`CallNews::Roll`] on. Why it can't comes
    /// as [`Event::Error`].
    pub(super) fn stand_by(settings: Settings, stand_by: StandBy) -> Recorder {
        let (send, inbox) = channel();
        let (tell, events) = channel();
        let stopper = Stopper(send.clone());
        let run = move || match Take::stand_by(settings, stand_by, send, inbox, tell.clone()) {
            Ok(take) => {
                drop(tell);
                take.run();
            }
            Err(StartError::Stopped) => {}
            Err(why) => drop(tell.send(Event::Error { message: why.to_string() })),
        };
        let thread = std::thread::Builder::new().name("take".into()).spawn(run).expect("the system has a thread left");
        Recorder { stopper, events, thread: Some(thread) }
    }

    /// How the call tells it things.
    pub(super) fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Goes on with another camera in the same file: its size stays, black until there is a picture.
    pub fn switch_camera(&self, to: CameraChoice) -> Result<(), PrepareError> {
        self.stopper.switch_camera(to).map(drop)
    }

    /// Goes on with another microphone in the same file: measured silence until it delivers.
    pub fn switch_microphone(&self, to: MicrophoneChoice) -> Result<(), PrepareError> {
        self.stopper.switch_microphone(to).map(drop)
    }

    /// What happens, in order; it ends after [`Event::RecordingFinished`].
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        self.events.iter()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.stopper.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the take has panicked; run hyperzoom recover on its file");
        }
    }
}

/// A recording that is being started: devices open, encoders are tried.
#[derive(Debug)]
pub struct Starting {
    recorder: Recorder,
    started: Receiver<Result<(), StartError>>,
}

impl Starting {
    /// Waits until it runs, or until it is clear that it won't.
    pub fn started(self) -> Result<Recorder, StartError> {
        match self.started.recv() {
            Ok(Ok(())) => Ok(self.recorder),
            Ok(Err(why)) => Err(why),
            Err(_) => Err(StartError::Stopped),
        }
    }
}
