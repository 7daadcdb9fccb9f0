// SPDX-License-Identifier: MIT
//! A call that runs: opened with [`Call::host`] or [`Call::join`], watched through [`CallEvent`]s, left by
//! [`Remote::leave`] or by dropping it.
//!
//! ```text
//!   receiving thread: Inbound --voice--> (playout)        encoder's thread: VoiceOut --> socket
//!                        \--everything else--> Post ~~> Inbox
//!                                                         |
//!   Mapping (router) --------> one thread, the conductor: Mesh, Clocks --> socket, CallEvent: the face
//! ```
//!
//! The conductor sleeps until something comes or the engine's next wait ends; nothing in it waits for the network,
//! the router or a person.

mod asked;
mod bells;
mod chime;
mod clocks;
mod conductor;
mod event;
mod faces;
mod frames;
mod gate;
mod governor;
mod order;
mod parcels;
mod places;
mod preferred;
mod quantiles;
mod sound;
mod stage;
mod switcher;
mod tape;
mod tell;

pub use event::{CallEvent, PeerStats, Person, TapeStats, VoiceStats};
pub use frames::VoiceFrames;
pub use quantiles::Spread;
pub use sound::SpeakerChoice;

use super::meters::Meters;
use super::pictures::{PictureWatch, Watched};
use super::prepare::{self, PrepareError};
use super::settings::{CameraChoice, MicrophoneChoice, Settings};
use crate::media::Device;
use crate::mesh::invite::Invite;
use crate::net::socket::{Socket, SocketError};
use conductor::Conductor;
use order::{Order, Part};
use sound::SpeakerTarget;
use stage::Parts;
use std::net::IpAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{JoinHandle, Thread};
use switcher::Change;

/// Who may come in with the bare address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Whoever the host lets in.
    Ask,
    /// Everybody.
    All,
}

/// What both sides of a call need to know.
#[derive(Clone)]
pub struct CallSettings {
    /// What we are called.
    pub name: String,
    /// The only address to listen on; all of this machine's without it.
    pub bind: Option<IpAddr>,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// Ask the router to open a port.
    pub port_mapping: bool,
    /// Ends by itself after so many seconds.
    pub seconds: Option<f64>,
    /// Camera and microphone, and where the recording goes. Nothing is recorded when both are off.
    pub recording: Settings,
    /// Where the others are heard.
    pub speaker: SpeakerChoice,
    /// How long the frames of our voice are.
    pub frames: VoiceFrames,
    /// A host's: records before anybody is there.
    pub record_from_start: bool,
    /// Records on while muted or with the camera off; the others neither hear nor see it.
    pub keep_muted: bool,
    /// Whoever wants to see the pictures.
    pub pictures: Option<PictureWatch>,
}

/// Why a call does not begin.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The socket.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The devices, or where the recording goes.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers to make keys from: {0}")]
    Random(String),
}

/// The guard: dropping it leaves the call and waits until everybody was told and the router's port is closed.
#[derive(Debug)]
pub struct Call {
    remote: Remote,
    meters: Meters,
    events: Receiver<CallEvent>,
    thread: Option<JoinHandle<()>>,
}

/// Steers a call from anywhere, a signal handler included.
#[derive(Clone, Debug)]
pub struct Remote {
    orders: Sender<Order>,
    conductor: Thread,
}

impl Remote {
    /// Leaves: everybody is told, the router's port is closed, [`CallEvent::Left`] is the last event.
    pub fn leave(&self) {
        self.order(Order::Leave);
    }

    /// Answers who is [`CallEvent::Knocking`].
    pub fn admit(&self, ticket: u64, yes: bool) {
        self.order(Order::Admit(ticket, yes));
    }

    /// Mutes the microphone, or no longer.
    pub fn mute(&self, muted: bool) {
        self.order(Order::Mute(muted));
    }

    /// Switches the camera off, or on again.
    pub fn camera_off(&self, off: bool) {
        self.order(Order::CameraOff(off));
    }

    /// Goes on with another camera, or with none: the others see black, and so does the recording, until it shows
    /// something. What can't be done comes as [`CallEvent::Warning`].
    pub fn switch_camera(&self, to: CameraChoice) {
        self.order(Order::Change(Change::Camera(to)));
    }

    /// Goes on with another microphone, or with none: the recording has measured silence until it is heard.
    pub fn switch_microphone(&self, to: MicrophoneChoice) {
        self.order(Order::Change(Change::Microphone(to)));
    }

    /// The others are heard elsewhere, or nowhere.
    pub fn switch_speaker(&self, to: SpeakerChoice) {
        self.order(Order::Change(Change::Speaker(to)));
    }

    fn order(&self, order: Order) {
        // A call that is over takes no orders.
        let _ = self.orders.send(order);
        self.conductor.unpark();
    }
}

impl Call {
    /// Opens a call.
    pub fn host(settings: CallSettings, admission: Admission) -> Result<Call, CallError> {
        Call::start(settings, Part::Host { admission })
    }

    /// Comes into a call.
    pub fn join(settings: CallSettings, invite: Invite) -> Result<Call, CallError> {
        Call::start(settings, Part::Guest { invite })
    }

    /// Steers it from elsewhere.
    pub fn remote(&self) -> Remote {
        self.remote.clone()
    }

    /// How loud everybody is.
    pub fn meters(&self) -> Meters {
        self.meters.clone()
    }

    /// What happens, in order; it ends after [`CallEvent::Left`] or [`CallEvent::Error`].
    pub fn events(&self) -> impl Iterator<Item = CallEvent> + '_ {
        self.events.iter()
    }

    fn start(settings: CallSettings, part: Part) -> Result<Call, CallError> {
        let parts = parts(&settings)?;
        let meters = parts.meters.clone();
        let socket = Socket::open(settings.bind, settings.port)?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|why| CallError::Random(why.to_string()))?;
        let (orders, inbox) = channel();
        let (tell, events) = channel();
        let give = orders.clone();
        let run = move || Conductor::run(settings, (part, parts), socket, seed, (give, inbox), tell);
        let thread = std::thread::Builder::new().name("call".into()).spawn(run).expect("the system has a thread left");
        let remote = Remote { orders, conductor: thread.thread().clone() };
        Ok(Call { remote, meters, events, thread: Some(thread) })
    }
}

/// What is refused is refused before anything is opened.
fn parts(settings: &CallSettings) -> Result<Parts, PrepareError> {
    let speaker = SpeakerTarget::find(&settings.speaker)?;
    let mut bluetooth = speaker.bluetooth();
    let recording = match prepare::Devices::find(&settings.recording) {
        Err(PrepareError::Nothing) => None,
        found => {
            let microphone = found?.microphone.map(|(device, _)| device).filter(Device::is_bluetooth);
            bluetooth = microphone.map(|device| device.name).or(bluetooth);
            // Better to hear now that a folder can't be written than when the first guest is in.
            prepare::place(&settings.recording)?.forget();
            Some(settings.recording.clone())
        }
    };
    let CallSettings { frames, record_from_start, keep_muted, .. } = *settings;
    let (watched, meters) = (Watched::by(settings.pictures.clone()), Meters::default());
    Ok(Parts { recording, speaker, bluetooth, frames, record_from_start, keep_muted, watched, meters })
}

impl Drop for Call {
    fn drop(&mut self) {
        self.remote.leave();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the call's conductor has panicked");
        }
    }
}
