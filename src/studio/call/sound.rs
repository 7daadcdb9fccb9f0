// SPDX-License-Identifier: MIT
//! Voice in both directions: our mouth, and the loudspeaker that plays everybody else.
//!
//! ```text
//!   microphone --SoundTap--> Mouth: Opus --VoiceOut: seal--> socket        each a thread of real-time priority;
//!   socket --Inbound: open--> playout::Inbox ~~> Playout <--pull-- Speaker     no conductor in between
//! ```

use super::asked::Asked;
use super::chime::Chime;
use super::order::Order;
use super::quantiles::{Quantiles, Spread};
use crate::media::{
    self, Device, Filler, FrameSamples, Mouth, MouthControl, SoundTap, Speaker, SpeakerSignal, VoiceFrame,
};
use crate::mesh::inbound::Arrival;
use crate::mesh::voice::{FrameLength, VoiceOut};
use crate::net::socket::Socket;
use crate::playout::{Gauges, Heard, Inbox, Incoming, playout};
use crate::studio::keeper::{Keeper, LostBell, leave};
use crate::words::{Mono, PeerId};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

/// Where the others are heard.
#[derive(Clone, Debug, PartialEq)]
pub enum SpeakerChoice {
    /// Whatever the system thinks best, wherever the person moves it.
    Auto,
    /// Nowhere.
    Off,
    /// This one.
    Id(String),
}

impl From<&str> for SpeakerChoice {
    fn from(text: &str) -> SpeakerChoice {
        match text {
            "auto" => SpeakerChoice::Auto,
            "off" => SpeakerChoice::Off,
            id => SpeakerChoice::Id(id.to_owned()),
        }
    }
}

/// The guard: nobody is heard, and nothing said, when it goes out of scope.
pub struct Sound {
    mouth: Mouth,
    tap: SoundTap,
    gauges: Gauges,
    chime: Chime,
    asked: Asked,
    capture_to_send: Arc<Quantiles>,
    /// What is heard, for whichever speaker asks.
    fill: Filler,
    orders: Sender<Order>,
    speaker: Keeper,
    /// The number of the speaker that counts.
    newest: Arc<AtomicU32>,
}

/// What the receiving thread gives voice to.
pub struct Ears(Inbox);

impl Sound {
    /// Starts both ends. What goes wrong with the speaker comes as orders to the conductor.
    pub fn start(voice: VoiceOut, socket: Arc<Socket>, speaker: SpeakerTarget, orders: Sender<Order>) -> (Sound, Ears) {
        let (inbox, mut playout, gauges) = playout();
        let chime = Chime::default();
        let capture_to_send = Arc::new(Quantiles::default());
        let counted = capture_to_send.clone();
        let slow = |why| {
            tracing::warn!("voice is sent without real-time priority ({why}); rtkit or an 'rtprio' limit allows it")
        };
        let (mouth, tap) = Mouth::start(sender(voice, socket, counted), slow);
        let (rings, asked) = (chime.clone(), Asked::default());
        let asks = asked.count();
        let fill = move |samples: &mut [f32], now: Mono| {
            asks.fetch_add(1, Ordering::Relaxed);
            playout.pull(samples, now);
            rings.mix(samples, now);
        };
        let (fill, newest): (Filler, _) = (Arc::new(Mutex::new(fill)), Arc::new(AtomicU32::new(0)));
        let speaker = keep(speaker, fill.clone(), Turn::newest(&newest), orders.clone());
        (Sound { mouth, tap, gauges, chime, asked, capture_to_send, fill, orders, speaker, newest }, Ears(inbox))
    }

    /// Goes on with another speaker: the one before falls silent at once, and is let go on a thread of its own.
    pub fn switch_speaker(&mut self, to: SpeakerTarget) {
        let turn = Turn::newest(&self.newest);
        let next = keep(to, self.fill.clone(), turn, self.orders.clone());
        leave([std::mem::replace(&mut self.speaker, next)]);
    }

    /// Where the microphone's blocks go.
    pub fn tap(&self) -> SoundTap {
        self.tap.clone()
    }

    /// Mutes and the like.
    pub fn mouth(&self) -> MouthControl {
        self.mouth.control()
    }

    /// How somebody is heard.
    pub fn heard(&self, peer: PeerId) -> Option<Heard> {
        self.gauges.read(peer)
    }

    /// What can be read of all voices.
    pub fn gauges(&self) -> Gauges {
        self.gauges.clone()
    }

    /// How many samples the sound card takes at a time.
    pub fn block_samples(&self) -> u32 {
        self.gauges.block_samples()
    }

    /// Frames for which the playout had no room.
    pub fn dropped(&self) -> u64 {
        self.gauges.dropped()
    }

    /// Whether a speaker asks for anything, when that changes.
    pub fn is_heard(&mut self, now: Mono) -> Option<bool> {
        self.asked.look(now)
    }

    /// What rings in our own ears.
    pub fn chime(&self) -> &Chime {
        &self.chime
    }

    /// From the first sample of a frame to its datagram, since the last question.
    pub fn capture_to_send(&self) -> Option<Spread> {
        self.capture_to_send.take()
    }
}

impl Ears {
    /// Takes the frames of a datagram: wait-free.
    pub fn hear(&mut self, arrival: &Arrival<'_>, at: Mono) {
        let Arrival::Voice { peer, link, sequence, payload, .. } = arrival else { return };
        let samples = (payload.frame_length().ns() * 48 / 1_000_000) as u16;
        for (distance, opus) in payload.iter() {
            let Some(number) = sequence.checked_sub(u64::from(distance)) else { continue };
            let copy = if distance < payload.new_frames() { 0 } else { distance };
            self.0.frame(Incoming { peer: *peer, link: *link, number, copy, opus, samples, at });
        }
    }
}

/// As the wire has it.
pub fn frame_length(samples: FrameSamples) -> FrameLength {
    match samples {
        FrameSamples::Ms2_5 => FrameLength::Ms2_5,
        FrameSamples::Ms5 => FrameLength::Ms5,
    }
}

/// What the mouth does with each frame. A datagram's stamp is when its sound was taken, so that whoever hears it can
/// tell how old it is, our own delays included.
fn sender(mut voice: VoiceOut, socket: Arc<Socket>, counted: Arc<Quantiles>) -> impl FnMut(VoiceFrame<'_>) {
    move |frame| {
        voice.set_frame_length(frame_length(frame.samples));
        let taken = frame.taken.unwrap_or_else(media::now);
        // Lost voice is nobody's error: the network may be away. What is too long can't be: Opus keeps to its rate.
        let _ = voice.frame(frame.opus, taken, &mut |to, datagram| drop(socket.send_voice(to, datagram)));
        if frame.taken.is_some() {
            counted.count(media::now().since(taken));
        }
    }
}

/// Which speaker, found before the call begins.
#[derive(Clone, Debug)]
pub enum SpeakerTarget {
    /// The system's choice.
    Default,
    /// None.
    Silent,
    /// This one.
    Device(Device),
}

/// Which of several speakers counts: the one that was taken last.
#[derive(Clone, Debug)]
struct Turn {
    own: u32,
    newest: Arc<AtomicU32>,
}

impl Turn {
    /// From now on no other counts.
    fn newest(newest: &Arc<AtomicU32>) -> Turn {
        Turn { own: newest.fetch_add(1, Ordering::Relaxed) + 1, newest: newest.clone() }
    }

    fn counts(&self) -> bool {
        self.newest.load(Ordering::Relaxed) == self.own
    }

    /// What a speaker plays as long as it counts. While two are there, one never makes the other wait.
    fn filler(&self, fill: Filler) -> Filler {
        let turn = self.clone();
        Arc::new(Mutex::new(move |samples: &mut [f32], now: Mono| match fill.try_lock() {
            Ok(mut fill) if turn.counts() => fill(samples, now),
            _ => samples.fill(0.0),
        }))
    }
}

/// Keeps the speaker on, whatever becomes of it, as long as it is its turn.
fn keep(target: SpeakerTarget, fill: Filler, turn: Turn, orders: Sender<Order>) -> Keeper {
    let fill = turn.filler(fill);
    let tell = move |order| {
        if turn.counts() {
            // A call that is over needs no speaker.
            let _ = orders.send(order);
        }
    };
    let failed = tell.clone();
    let open = move |bell: LostBell| {
        let told = tell.clone();
        let on_signal = move |SpeakerSignal::Lost(why)| {
            told(Order::SpeakerLost(why));
            bell.ring();
        };
        let opened = match &target {
            SpeakerTarget::Silent => return Ok(Speaker::silent(fill.clone())),
            SpeakerTarget::Default => Speaker::open_default(fill.clone(), on_signal),
            SpeakerTarget::Device(device) => {
                let device = device.plugged_in().ok_or_else(|| "it is not plugged in".to_owned())?;
                Speaker::open(&device, fill.clone(), on_signal)
            }
        };
        let speaker = opened.map_err(|why| why.to_string())?;
        tell(Order::SpeakerOn { silent: speaker.is_silent() });
        Ok(speaker)
    };
    Keeper::start("speaker-keeper", open, move |why| failed(Order::SpeakerLost(why)))
}
