// SPDX-License-Identifier: MIT
//! How a take begins: devices on and looked at (`scout.rs`), its place made, the first sample agreed.

use super::super::awake::Awake;
use super::super::event::Event;
use super::super::notebook::Notebook;
use super::super::prepare::{self, AUDIO_KBPS, Devices, Encoders};
use super::super::recorder::StartError;
use super::super::settings::Settings;
use super::super::strain::Gauge;
use super::super::watch_clock::utc_now_us;
use super::call::{OnCall, Slate, Taps};
use super::desk::test_source;
use super::scout::{OnSet, Scouting};
use super::watch::Watch;
use super::{Signal, Stage, Take};
use crate::disk::metadata::utc_text;
use crate::disk::{Place, Writer};
use crate::media::{self, Codec, Master, MasterTexts, PictureFormat};
use crate::sync::Cadence;
use crate::words::{Facts, MASTER_FPS, Mono, RATE_HZ, SAMPLES_PER_FRAME, Size, timecode};
use std::hash::{BuildHasher, Hasher};
use std::sync::mpsc::{Receiver, Sender};

/// The first sample lies so far ahead that no picture or sound of it has passed already.
const AHEAD_NS: i64 = 80_000_000;
/// A picture's time.
const FRAME_NS: i64 = (Mono::SECOND / MASTER_FPS) as i64;

impl Take {
    /// Begins a recording, or says why not.
    pub(in crate::studio) fn begin(
        settings: Settings,
        send: Sender<Signal>,
        inbox: Receiver<Signal>,
        events: Sender<Event>,
    ) -> Result<Take, StartError> {
        let devices = Devices::find(&settings)?;
        let place = prepare::place(&settings)?;
        let mut on_set = OnSet::arrive(devices, send, Taps::default());
        let begun = Scouting::new(None).run(&settings, &mut on_set, &inbox);
        let begun = begun.and_then(|found| begin_in(&place, &settings, on_set, found, inbox, events));
        if begun.is_err() {
            place.forget();
        }
        begun
    }

    /// The same for a call: devices are on at once and delivered to the taps, and recording begins when the call's
    /// [`CallNews::Roll`] says so.
    pub(in crate::studio) fn stand_by(
        settings: Settings,
        stand_by: StandBy,
        send: Sender<Signal>,
        inbox: Receiver<Signal>,
        events: Sender<Event>,
    ) -> Result<Take, StartError> {
        let devices = Devices::find(&settings)?;
        let mut on_set = OnSet::arrive(devices, send, stand_by.taps.clone());
        let mut found = Scouting::new(Some(events.clone())).run(&settings, &mut on_set, &inbox)?;
        let place = prepare::place(&settings)?;
        let slate = found.slate.take();
        let begun = begin_in(&place, &settings, on_set, found, inbox, events);
        if begun.is_err() {
            place.forget();
        }
        begun.map(|mut take| {
            if let Some(slate) = slate {
                take.join_call(slate, stand_by.keep_muted);
            }
            take
        })
    }
}

/// How a take of a call waits for its beginning.
#[derive(Debug)]
pub(in crate::studio) struct StandBy {
    /// Who else wants what the devices deliver.
    pub taps: Taps,
    /// What is muted is recorded all the same.
    pub keep_muted: bool,
}

fn begin_in(
    place: &Place,
    settings: &Settings,
    on_set: OnSet,
    scouted: Scouting,
    inbox: Receiver<Signal>,
    events: Sender<Event>,
) -> Result<Take, StartError> {
    let OnSet { devices, desk, send, camera, microphone } = on_set;
    desk.keep_format(scouted.format.clone());
    let Scouting { mut track, last_picture, format, encoders, .. } = scouted;
    let encoders = encoders.expect("scouting ends with encoders");
    let kbps = format.as_ref().map_or(0, |f| media::bitrate_kbps(f.size)) + AUDIO_KBPS;
    if let Some(message) = prepare::space_warning(&place.folder, kbps) {
        let _ = events.send(Event::warning("disk-low", message, None));
    }
    tell_test_sources(&devices, &events);
    let text = |choice: &Option<media::Choice>| choice.as_ref().map(|c| c.text.clone());
    let texts = MasterTexts { video: text(&encoders.video), audio: text(&encoders.audio) };
    let to_writer = send.clone();
    let writer = Writer::create(place, move |signal| drop(to_writer.send(Signal::Writer(signal))))?;
    let master = Master::start(&texts, format.as_ref(), move |signal| drop(send.send(Signal::Master(signal))))?;
    let seen = last_picture.is_some();
    let start = track.begin(first_moment(last_picture.map(|p| p.at)));
    let facts = facts(settings, &devices, &encoders, format.as_ref(), start);
    let file = place.master.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut take = Take {
        gauge: Gauge::new(raw_bytes_per_second(format.as_ref().map(|f| f.size))),
        watch: Watch::new(start, facts.started_utc_us, kbps),
        notebook: Notebook::open(facts, &file),
        call: None,
        has_pictures: format.is_some(),
        stage: Stage::Open,
        reason: "asked",
        given: 0,
        last_shown: None,
        started_told: false,
        lost_why: Default::default(),
        ended: None,
        has_sound: devices.microphone.is_some(),
        told_dropping: false,
        devices_failed: [false; 2],
        size: format.as_ref().map(|f| f.size),
        camera_in_use: devices.camera.clone(),
        cadence: if seen { Cadence::expecting() } else { Cadence::new() },
        place: place.clone(),
        awake: None,
        inbox,
        events,
        camera,
        microphone,
        desk,
        track,
        master,
        writer,
    };
    take.open_the_book(settings, start);
    Ok(take)
}

impl Take {
    fn open_the_book(&mut self, settings: &Settings, start: Mono) {
        self.stay_awake();
        self.notebook.measure(0, start);
        self.save_metadata();
        if let Some(seconds) = settings.seconds {
            let frames = (seconds * MASTER_FPS as f64).round().max(1.0) as u64;
            self.end_at(frames * SAMPLES_PER_FRAME, "time");
        }
    }

    /// From here on it belongs to a call.
    fn join_call(&mut self, slate: Slate, keep_muted: bool) {
        let Slate { session_id, participant_id, participant, line } = slate;
        let facts = &mut self.notebook.facts;
        facts.started_session_us = line.session_ns(facts.started_monotonic) / 1000;
        (facts.session_id, facts.participant_id, facts.participant) = (session_id, participant_id, participant);
        let facts = facts.clone();
        self.notebook = Notebook::open(facts, &self.notebook.metadata.recording.file);
        self.notebook.measure(0, self.track.mono_at(0));
        self.call = Some(OnCall::new(line, keep_muted));
        self.save_metadata();
    }

    fn stay_awake(&mut self) {
        match Awake::keep() {
            Ok(awake) => self.awake = Some(awake),
            Err(why) => tracing::info!("the machine may go to sleep while recording: {why}"),
        }
    }

    /// Once the first frame is in.
    pub(super) fn tell_started(&mut self) {
        if self.started_told {
            return;
        }
        self.started_told = true;
        let facts = &self.notebook.facts;
        let video =
            if facts.video_codec.is_empty() { String::new() } else { format!("{}x{}", facts.width, facts.height) };
        self.tell(Event::RecordingStarted {
            file: self.place.master.clone(),
            folder: self.place.folder.clone(),
            video,
            video_encoder: facts.video_encoder.clone(),
            audio_encoder: facts.audio_encoder.clone(),
            camera: facts.camera.clone(),
            microphone: facts.microphone.clone(),
            started_at_utc: utc_text(facts.started_utc_us),
            start_timecode: timecode::text(timecode::frame_of_day(facts.started_utc_us)),
        });
    }
}

/// When sample 0 is: ahead of now, and on a picture if there are any, so that each lies in the middle of its slot.
fn first_moment(picture: Option<Mono>) -> Mono {
    let soonest = media::now().offset(AHEAD_NS);
    match picture {
        None => soonest,
        Some(at) => {
            let frames = soonest.since(at).max(0) / FRAME_NS + 1;
            at.offset(frames * Mono::SECOND as i64 / MASTER_FPS as i64)
        }
    }
}

fn facts(
    settings: &Settings,
    devices: &Devices,
    encoders: &Encoders,
    format: Option<&PictureFormat>,
    start: Mono,
) -> Facts {
    let (now, utc_us) = (media::now(), utc_now_us());
    let element = |c: &Option<media::Choice>| c.as_ref().map(|c| c.element.clone()).unwrap_or_default();
    let lossless = encoders.audio.as_ref().is_none_or(|a| a.codec == Codec::Flac);
    Facts {
        session_id: session_id(),
        session_name: settings.session_name.clone(),
        participant: settings.participant.clone(),
        participant_id: 0,
        recorder: concat!("HyperZoom ", env!("CARGO_PKG_VERSION")).to_owned(),
        camera: devices.camera.as_ref().map(|c| c.0.name.clone()).unwrap_or_default(),
        microphone: devices.microphone.as_ref().map(|m| m.0.name.clone()).unwrap_or_default(),
        video_codec: encoders.video_codec(),
        video_encoder: element(&encoders.video),
        width: format.map_or(0, |f| f.size.width),
        height: format.map_or(0, |f| f.size.height),
        video_bitrate_kbps: format.map_or(0, |f| media::bitrate_kbps(f.size) as u32),
        audio_codec: encoders.audio_codec().to_owned(),
        audio_encoder: element(&encoders.audio),
        audio_bitrate_kbps: if lossless { 0 } else { AUDIO_KBPS as u32 },
        audio_priming: encoders.audio.as_ref().map_or(0, |a| a.priming),
        started_monotonic: start,
        started_utc_us: utc_us - now.since(start) / 1000,
        started_session_us: 0,
        tracks: Vec::new(),
    }
}

/// Eight hexadecimal digits that no other session is likely to have.
fn session_id() -> String {
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_u64(media::now().0);
    format!("{:08x}", hasher.finish() as u32)
}

fn raw_bytes_per_second(size: Option<Size>) -> u64 {
    size.map_or(0, |s| s.pixels() * 3 / 2 * MASTER_FPS) + 4 * RATE_HZ
}

/// Says so, loudly, where a ruler stands in for a device.
fn tell_test_sources(devices: &Devices, events: &Sender<Event>) {
    let camera = devices.camera.as_ref().map(|c| (&c.0, "camera"));
    let microphone = devices.microphone.as_ref().map(|m| (&m.0, "microphone"));
    for (device, kind) in camera.into_iter().chain(microphone).filter(|d| d.0.is_test()) {
        let _ = events.send(test_source(kind, &device.name));
    }
}
