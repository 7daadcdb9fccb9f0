// SPDX-License-Identifier: MIT
//! A recording that runs: what is submitted goes through the feed to the encoders of the file it belongs to.

use super::adapt::{Adapt, Change, Load};
use super::error::{RecordError, SubmitError};
use super::event::RecordingEvent;
use super::finishing::{Finishing, FinishingStep};
use super::input::{AudioBlock, VideoFrame};
use super::item::Item;
use super::loudness::{Ear, LoudnessReport, Original, Pass, PassEnd, beside};
use super::order::Order;
use super::parts::Parts;
use super::place::Cut;
use super::report::{FileReport, PauseReport, RecordingReport};
use super::room::Room;
use super::sink::Destination;
use super::status::{Machine, RecordingStatus};
use super::tracks::{Expected, TrackReport, Tracks};
use crate::media::{RawPicture, RawPictures, RawSound};
use crate::studio::config::{Adaptive, Limits, WhenReached};
use crate::sync::Feed;
use crate::sync::feed::{FeedError, Output, Plan};
use crate::words::{Container, Mono, RATE_HZ, Rate};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// See the module.
pub struct Running {
    feed: Feed<RawPicture, AudioBlock>,
    tracks: Tracks,
    parts: Parts,
    file: Option<PathBuf>,
    pictures: Option<RawPictures>,
    rate: Option<Rate>,
    sound: Option<RawSound>,
    black: Option<RawPicture>,
    /// Shown instead of the next one, while the rate gives way.
    shown: Option<RawPicture>,
    adapt: Adapt,
    begun: Instant,
    frames_in: u64,
    samples: u64,
    limits: Limits,
    container: Container,
    crash_safe: bool,
    names: [String; 2],
    ear: Option<Ear>,
    pass: Option<Pass>,
    machine: Machine,
}

impl Running {
    /// Starts the encoders and opens the file.
    pub fn begin(order: Order, tracks: &[Expected], destination: Destination) -> Result<Running, RecordError> {
        let rate = order.valid.picture().map(|recipe| recipe.rate);
        let sound = order.sound.filter(|_| order.valid.sound().is_some());
        let feed = Feed::new(Plan::new(rate, sound.map(|raw| raw.rate_hz)))?;
        let tracks = Tracks::begin(&order.further, tracks)?;
        let mut steps = order.valid.adaptive().to_vec();
        let file = match &destination {
            Destination::File(place) => Some(place.master.clone()),
            Destination::Own(..) => {
                if order.valid.limits().when_reached == WhenReached::RollOver {
                    return Err(RecordError::NoNextOutput);
                }
                // Everything else begins a file of its own.
                steps.retain(|step| *step == Adaptive::Rate);
                None
            }
        };
        let pictures = order.pictures.clone();
        // Only a file can be made once more.
        let loudness = order.valid.loudness().filter(|_| file.is_some());
        let aside = file.as_deref().filter(|_| loudness.is_some()).map(|file| beside(file, "sound.tmp"));
        let ear = Ear::new(&order.spec(), aside.as_deref());
        let (limits, container) = (order.valid.limits().clone(), order.valid.container());
        let (crash_safe, names) = (order.spec().is_crash_safe(), order.names());
        let parts = Parts::begin(order, destination)?;
        let whereto = file.as_deref().map_or("an output of somebody's".to_owned(), |file| file.display().to_string());
        tracing::info!("a recording begins, into {whereto}, encoded by {}", names.join(" and "));
        Ok(Running {
            feed,
            tracks,
            pass: loudness.map(|loudness| parts.again(loudness)).transpose()?,
            ear,
            parts,
            file,
            black: pictures.as_ref().map(RawPicture::black),
            shown: None,
            adapt: Adapt::new(steps),
            begun: Instant::now(),
            pictures,
            rate,
            sound,
            frames_in: 0,
            samples: 0,
            limits,
            container,
            crash_safe,
            names,
            machine: Machine::begin(),
        })
    }

    /// See [`super::MediaRecorder::submit_video`].
    pub fn video(&mut self, frame: &VideoFrame, at: Option<Duration>) -> Result<(), SubmitError> {
        self.may_take(0)?;
        self.is_within(|taken, end| taken.picture < end.picture)?;
        let expected =
            self.pictures.as_ref().filter(|kind| (kind.format, kind.size) != (frame.kind.format, frame.kind.size));
        if let Some(expected) = expected {
            return Err(SubmitError::FrameChanged {
                expected: expected.format,
                expected_size: expected.size,
                format: frame.kind.format,
                size: frame.kind.size,
            });
        }
        self.agree(at)?;
        self.feed.picture(at.map(mono), frame.raw.clone())?;
        self.frames_in += 1;
        self.drain();
        self.adapt();
        Ok(())
    }

    /// See [`super::MediaRecorder::submit_audio`].
    pub fn audio(&mut self, block: &AudioBlock, at: Option<Duration>) -> Result<(), SubmitError> {
        self.may_take(1)?;
        self.is_within(|taken, end| taken.sample < end.sample)?;
        if let Some(expected) = self.sound.filter(|kind| *kind != block.kind) {
            let parts = |kind: RawSound| (kind.rate_hz, kind.channels, kind.format);
            return Err(SubmitError::SoundChanged { expected: parts(expected), given: parts(block.kind) });
        }
        self.agree(at)?;
        self.feed.sound(at.map(mono), block.samples(), block.clone())?;
        self.drain();
        Ok(())
    }

    /// A picture for a further track.
    pub fn further_video(
        &mut self,
        number: usize,
        frame: &VideoFrame,
        at: Option<Duration>,
    ) -> Result<(), SubmitError> {
        self.may_take_further(number)?;
        self.tracks.video(number, &self.feed, frame, at)?;
        self.drain();
        Ok(())
    }

    /// Sound for a further track.
    pub fn further_audio(
        &mut self,
        number: usize,
        block: &AudioBlock,
        at: Option<Duration>,
    ) -> Result<(), SubmitError> {
        self.may_take_further(number)?;
        self.tracks.audio(number, &self.feed, block, at)?;
        self.drain();
        Ok(())
    }

    /// How the further tracks go.
    pub fn track_reports(&self) -> Vec<TrackReport> {
        self.tracks.reports()
    }

    /// Stamps are for all tracks or for none.
    fn agree(&self, at: Option<Duration>) -> Result<(), SubmitError> {
        if self.tracks.disagrees(at.is_some()) { Err(FeedError::Mixed.into()) } else { Ok(()) }
    }

    /// Whether more of a further track may come.
    fn may_take_further(&mut self, number: usize) -> Result<(), SubmitError> {
        self.parts.look();
        if let Some(why) = self.parts.failed() {
            return Err(SubmitError::Failed { why });
        }
        if let Some((_, what)) = self.parts.end().filter(|_| self.is_over()) {
            return Err(SubmitError::LimitReached { what });
        }
        let (waiting_bytes, limit_bytes) = (self.waiting_bytes(), self.limits.max_waiting_bytes);
        // What waits for the feed must not be let in without end.
        let is_awaited = self.parts.is_further_awaited(number) && self.tracks.waiting_bytes() <= limit_bytes;
        if waiting_bytes > limit_bytes && !is_awaited {
            return Err(SubmitError::Busy { waiting_bytes, limit_bytes });
        }
        Ok(())
    }

    pub fn pause(&mut self) -> Result<(), RecordError> {
        self.feed.pause(None)?;
        tracing::info!("it pauses at {:.3} s", self.seconds());
        self.drain();
        Ok(())
    }

    pub fn resume(&mut self) -> Result<(), RecordError> {
        self.feed.resume(None)?;
        tracing::info!("it goes on at {:.3} s", self.seconds());
        self.drain();
        Ok(())
    }

    /// What rings when something that waited has gone on.
    pub fn room(&self) -> Room {
        self.parts.order.room.clone()
    }

    /// Whether it is not too much that waits, or will never be less.
    pub fn has_room(&mut self) -> bool {
        self.parts.look();
        self.parts.failed().is_some() || self.waiting_bytes() <= self.limits.max_waiting_bytes
    }

    /// Whether more of this stream may come: nothing has failed, nothing is full.
    fn may_take(&mut self, stream: usize) -> Result<(), SubmitError> {
        self.parts.look();
        if let Some(why) = self.parts.failed() {
            return Err(SubmitError::Failed { why });
        }
        let (waiting_bytes, limit_bytes) = (self.waiting_bytes(), self.limits.max_waiting_bytes);
        if waiting_bytes > limit_bytes && !self.parts.is_awaited(stream, limit_bytes) {
            // Whoever gives up what was refused would not come back with what gives way.
            self.adapt();
            self.tracks.hurry(&self.feed, &mut self.parts);
            return Err(SubmitError::Busy { waiting_bytes, limit_bytes });
        }
        Ok(())
    }

    /// Whether the end has not been reached, by the stream that is asked about.
    fn is_within(&self, within: impl Fn(super::place::Cut, super::place::Cut) -> bool) -> Result<(), SubmitError> {
        match self.parts.end() {
            Some((end, what)) if !within(self.parts.taken, end) => Err(SubmitError::LimitReached { what }),
            _ => Ok(()),
        }
    }

    /// What the feed has decided goes to the encoders.
    fn drain(&mut self) {
        while let Some(output) = self.feed.poll() {
            match output {
                Output::Picture { index, picture, .. } => {
                    let skips = index % 2 == 1 && self.adapt.given().contains(&Adaptive::Rate);
                    let again = self.shown.clone().filter(|_| skips);
                    if let Some(shown) = again.or(picture).or_else(|| self.black.clone()) {
                        self.shown = Some(shown.clone());
                        self.parts.put(Item::Picture(index, shown));
                    }
                }
                Output::Sound { payload, skip, take } => {
                    let heard = self.within_end(take);
                    self.ear.iter_mut().for_each(|ear| ear.sound(&payload.part(skip, heard)));
                    self.parts.put(Item::Sound { first: self.samples, block: payload, skip, take });
                    self.samples += take;
                }
                Output::Silence(samples) => {
                    let heard = self.within_end(samples);
                    self.ear.iter_mut().for_each(|ear| ear.silence(heard));
                    self.parts.put(Item::Silence { first: self.samples, samples });
                    self.samples += samples;
                }
                Output::Happened(happening) => tracing::debug!("{}", happening.what),
            }
        }
        self.tracks.drain(&self.feed, &mut self.parts);
    }

    /// So many of the next samples lie before the end, if that is known.
    fn within_end(&self, samples: u64) -> u64 {
        self.parts.end().map_or(samples, |(end, _)| end.sample.saturating_sub(self.samples).min(samples))
    }

    fn raw_hz(&self) -> u32 {
        self.sound.map_or(RATE_HZ as u32, |raw| raw.rate_hz)
    }

    fn waiting_bytes(&self) -> u64 {
        self.parts.waiting_bytes() + self.tracks.waiting_bytes() + self.ear.as_ref().map_or(0, Ear::waiting_bytes)
    }

    /// Something gives way when too much waits, and comes back when nothing does.
    fn adapt(&mut self) {
        let (Some(rate), Some(pictures)) = (self.rate, &self.pictures) else { return };
        let (bytes, limit_bytes) = (self.waiting_bytes(), self.limits.max_waiting_bytes);
        let second = (pictures.bytes().max(1) as f64 * rate.as_f64()).max(1.0);
        let load = Load { bytes, limit_bytes, time: Duration::from_secs_f64(bytes as f64 / second) };
        let Some(change) = self.adapt.look(self.begun.elapsed(), load) else { return };
        let at_frame = self.parts.taken.picture;
        let (step, event) = match change {
            Change::Down(step) => (step, RecordingEvent::SteppedDown { what: step.name(), at_frame }),
            Change::Up(step) => (step, RecordingEvent::SteppedUp { what: step.name(), at_frame }),
        };
        self.parts.events.tell(event);
        if step != Adaptive::Rate {
            self.parts.ease(self.adapt.given());
        }
    }

    fn seconds(&self) -> f64 {
        self.parts.measure.seconds(self.parts.taken)
    }

    /// How it goes.
    pub fn status(&mut self) -> RecordingStatus {
        let (seconds, bytes) = (self.seconds(), self.parts.bytes());
        let (frames, frames_encoded) = (self.parts.taken.picture, self.parts.encoded_pictures());
        let machine = self.machine.look();
        let [video_encoder, audio_encoder] = self.parts.order.names();
        RecordingStatus {
            seconds,
            frames,
            frames_in: self.frames_in,
            frames_encoded,
            waiting_frames: frames.saturating_sub(frames_encoded),
            samples: self.parts.taken.sample,
            bytes,
            waiting_bytes: self.waiting_bytes(),
            kbps: if seconds > 0.0 { bytes as f64 * 8.0 / 1000.0 / seconds } else { 0.0 },
            paused: self.feed.is_paused(),
            sync: self.feed.sync().into(),
            machine: machine.with_disk(self.parts.free_bytes(), self.limits.min_free_bytes, bytes, seconds),
            loudness: self.ear.as_ref().map(Ear::report),
            video_encoder,
            audio_encoder,
            failed: self.parts.failed(),
            limit: self.parts.end().map(|(_, what)| what).filter(|_| self.is_over()),
            tracks: self.tracks.reports(),
            events: self.parts.events.all().to_vec(),
        }
    }

    /// Whether the limit that ends it has been reached.
    fn is_over(&self) -> bool {
        self.parts.end().is_some_and(|(end, _)| self.parts.measure.has_reached(self.parts.taken, end))
    }

    /// Everything that was taken is encoded, and the file finished.
    pub fn finish(mut self, tell: &dyn Fn(Finishing)) -> Result<RecordingReport, RecordError> {
        self.feed.end();
        self.drain();
        let limit = self.parts.end().map(|(_, what)| what).filter(|_| self.is_over());
        let files = self.parts.finish()?;
        let failed = self.parts.failed().or_else(|| files.iter().find_map(|file| file.failed.clone()));
        let is_whole = files.iter().all(|file| file.whole) && failed.is_none();
        let (loudness, second) = self.make_as_loud(is_whole, &files, tell);
        let (passed, loudness_failed) = second.map_or((None, None), |second| match second {
            Ok(end) => (Some(end), None),
            Err(why) => (None, Some(why)),
        });
        let written: u64 = files.iter().map(|file| file.bytes).sum();
        let [video_encoder, audio_encoder] = self.names.clone();
        Ok(RecordingReport {
            file: files.first().and_then(|file| file.file.clone()),
            container: self.container,
            seconds: self.seconds(),
            frames: self.parts.taken.picture,
            samples: self.parts.taken.sample,
            bytes: passed.as_ref().map_or(written, |passed| passed.bytes),
            whole: is_whole,
            missing: Vec::new(),
            crash_safe: self.crash_safe,
            finish_ms: files.iter().map(|file| file.finish_ms).sum(),
            sync: self.feed.sync().into(),
            loudness: passed.as_ref().map(|passed| passed.report).or(loudness),
            normalised: passed.map(|passed| passed.normalised),
            loudness_failed,
            fast_start_failed: None,
            pauses: self.feed.pauses().iter().map(|pause| PauseReport::of(pause, self.raw_hz())).collect(),
            video_encoder,
            audio_encoder,
            failed,
            limit,
            files,
            tracks: self.tracks.reports(),
            events: self.parts.events.all().to_vec(),
        })
    }

    /// The second pass, if there is to be one; how loud it was, and what has come of it.
    fn make_as_loud(
        &mut self,
        is_whole: bool,
        files: &[FileReport],
        tell: &dyn Fn(Finishing),
    ) -> (Option<LoudnessReport>, Option<Result<PassEnd, String>>) {
        let ear = self.ear.take();
        let report = ear.as_ref().map(Ear::report);
        let Some(pass) = self.pass.take() else { return (report, None) };
        let [FileReport { file: Some(file), .. }] = files else {
            return (
                report,
                Some(Err("it went into more than one file, and only one can be made once more".to_owned())),
            );
        };
        if files.iter().any(|file| !file.went_on_with.is_empty()) {
            let why = "another encoder went on in its middle, and only the pictures of one can be given new sound";
            return (report, Some(Err(why.to_owned())));
        }
        let Some(heard) = ear.and_then(Ear::finish).filter(|_| is_whole) else {
            let why = "it is not whole, or its channels are mixed in a way whose loudness can't be told";
            return (report, Some(Err(why.to_owned())));
        };
        let sound_samples = self.parts.measure.sound_between(Cut::default(), self.parts.taken);
        let original = Original { file: file.clone(), sound_samples };
        let tell = |done| tell(Finishing { step: FinishingStep::Loudness, done });
        let ended = heard.map_err(Into::into).and_then(|heard| pass.run(heard, &original, &tell));
        (report, Some(ended.map_err(|why| why.to_string())))
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("file", &self.file).field("seconds", &self.seconds()).finish()
    }
}

pub fn mono(at: Duration) -> Mono {
    Mono(u64::try_from(at.as_nanos()).unwrap_or(u64::MAX))
}
