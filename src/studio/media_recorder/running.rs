// SPDX-License-Identifier: MIT
//! A recording that runs: what is submitted goes through the feed to the encoders.

use super::error::{RecordError, SubmitError};
use super::input::{AudioBlock, VideoFrame};
use super::loudness::{Ear, LoudnessReport, Original, Pass, PassEnd, beside};
use super::report::{PauseReport, RecordingReport, RecordingStatus};
use super::sink::{Destination, Shared, Sink};
use crate::media::{Choice, PictureTrack, RawPicture, RawPictures, RawSound, Recording, RecordingSpec, SoundTrack};
use crate::studio::config::{Limits, Valid};
use crate::sync::Feed;
use crate::sync::feed::{Output, Plan};
use crate::words::{Container, Facts, Mono, RATE_HZ, Rate};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// An encoder that makes nothing for so long, while something waits for it, will not end any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who encodes.
#[derive(Clone, Debug)]
pub struct Encoders {
    pub picture: Option<Choice>,
    pub sound: Option<Choice>,
}

impl Encoders {
    /// The whole graph.
    pub fn spec<'a>(
        &'a self,
        valid: &'a Valid,
        pictures: Option<&'a RawPictures>,
        sound: Option<RawSound>,
    ) -> RecordingSpec<'a> {
        let picture = self.picture.as_ref().zip(valid.picture()).zip(pictures);
        let heard = self.sound.as_ref().zip(valid.sound()).zip(sound);
        RecordingSpec {
            container: valid.container(),
            pictures: picture.map(|((encoder, recipe), raw)| PictureTrack { encoder, recipe, raw }),
            sound: heard.map(|((encoder, recipe), raw)| SoundTrack { encoder, recipe, raw }),
        }
    }

    fn names(&self) -> [String; 2] {
        [&self.picture, &self.sound].map(|choice| choice.as_ref().map_or(String::new(), |c| c.element.clone()))
    }
}

/// See the module.
pub struct Running {
    feed: Feed<RawPicture, AudioBlock>,
    recording: Recording,
    sink: Sink,
    shared: Arc<Shared>,
    pictures: Option<RawPictures>,
    rate: Option<Rate>,
    sound: Option<RawSound>,
    black: Option<RawPicture>,
    frames_in: u64,
    samples: u64,
    limits: Limits,
    container: Container,
    crash_safe: bool,
    names: [String; 2],
    ear: Option<Ear>,
    pass: Option<Pass>,
}

impl Running {
    /// Starts the encoders and opens the file.
    pub fn begin(
        valid: &Valid,
        spec: &RecordingSpec<'_>,
        encoders: &Encoders,
        destination: Destination,
    ) -> Result<Running, RecordError> {
        let rate = valid.picture().map(|recipe| recipe.rate);
        let sound = spec.sound.map(|track| track.raw);
        let feed = Feed::new(Plan::new(rate, sound.map(|raw| raw.rate_hz)))?;
        let shared = Arc::<Shared>::default();
        let facts = facts(valid, spec, encoders);
        let sink = Sink::open(destination, valid.container(), facts.clone(), shared.clone())?;
        let take = sink.taker();
        let recording = Recording::start(spec, move |signal| take(signal))?;
        let pictures = spec.pictures.map(|track| track.raw.clone());
        // Only a file can be made once more.
        let loudness = valid.loudness().filter(|_| sink.file.is_some());
        let aside = sink.file.as_deref().filter(|_| loudness.is_some()).map(|file| beside(file, "sound.tmp"));
        let ear = Ear::new(spec, aside.as_deref());
        let again = |loudness| -> Result<Pass, RecordError> {
            let (valid, encoders) = (valid.clone(), encoders.clone());
            Ok(Pass {
                loudness,
                valid,
                encoders,
                pictures: pictures.clone(),
                facts,
                notes: recording.note_pictures(spec)?,
            })
        };
        let pass = loudness.map(again).transpose()?;
        Ok(Running {
            feed,
            recording,
            sink,
            shared,
            black: pictures.as_ref().map(RawPicture::black),
            pictures,
            rate,
            sound,
            frames_in: 0,
            samples: 0,
            limits: valid.limits().clone(),
            container: valid.container(),
            crash_safe: spec.is_crash_safe(),
            names: encoders.names(),
            ear,
            pass,
        })
    }

    /// See [`super::MediaRecorder::submit_video`].
    pub fn video(&mut self, frame: &VideoFrame, at: Option<Duration>) -> Result<(), SubmitError> {
        self.may_take()?;
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
        self.feed.picture(at.map(mono), frame.raw.clone())?;
        self.frames_in += 1;
        self.drain();
        Ok(())
    }

    /// See [`super::MediaRecorder::submit_audio`].
    pub fn audio(&mut self, block: &AudioBlock, at: Option<Duration>) -> Result<(), SubmitError> {
        self.may_take()?;
        if let Some(expected) = self.sound.filter(|kind| *kind != block.kind) {
            let parts = |kind: RawSound| (kind.rate_hz, kind.channels, kind.format);
            return Err(SubmitError::SoundChanged { expected: parts(expected), given: parts(block.kind) });
        }
        self.feed.sound(at.map(mono), block.samples(), block.clone())?;
        self.drain();
        Ok(())
    }

    pub fn pause(&mut self) -> Result<(), RecordError> {
        self.feed.pause(None)?;
        self.drain();
        Ok(())
    }

    pub fn resume(&mut self) -> Result<(), RecordError> {
        self.feed.resume(None)?;
        self.drain();
        Ok(())
    }

    /// Whether anything more may come: nothing has failed, nothing is full.
    fn may_take(&self) -> Result<(), SubmitError> {
        if let Some(why) = self.shared.failed() {
            return Err(SubmitError::Failed { why });
        }
        if self.limits.max_seconds.is_some_and(|most| self.seconds() >= most) {
            return Err(SubmitError::LimitReached { what: "limits.max_seconds" });
        }
        if self.limits.max_bytes.is_some_and(|most| self.shared.bytes.load(Relaxed) >= most) {
            return Err(SubmitError::LimitReached { what: "limits.max_bytes" });
        }
        let (waiting_bytes, limit_bytes) = (self.waiting_bytes(), self.limits.max_waiting_bytes);
        if waiting_bytes > limit_bytes {
            return Err(SubmitError::Busy { waiting_bytes, limit_bytes });
        }
        Ok(())
    }

    fn waiting_bytes(&self) -> u64 {
        self.recording.waiting_bytes()
            + self.shared.waiting.load(Relaxed)
            + self.ear.as_ref().map_or(0, Ear::waiting_bytes)
    }

    /// What the feed has decided goes to the encoders.
    fn drain(&mut self) {
        while let Some(output) = self.feed.poll() {
            match output {
                Output::Picture { index, picture, .. } => {
                    if let Some(shown) = picture.as_ref().or(self.black.as_ref()) {
                        self.recording.picture(index, shown);
                    }
                }
                Output::Sound { payload, skip, take } => {
                    let part = payload.part(skip, take);
                    self.ear.iter_mut().for_each(|ear| ear.sound(&part));
                    self.recording.sound(self.samples, part);
                    self.samples += take;
                }
                Output::Silence(samples) => {
                    self.ear.iter_mut().for_each(|ear| ear.silence(samples));
                    self.recording.silence(self.samples, samples);
                    self.samples += samples;
                }
                Output::Happened(happening) => tracing::debug!("{}", happening.what),
            }
        }
    }

    fn seconds(&self) -> f64 {
        match (self.rate, self.sound) {
            (Some(rate), _) => self.feed.pictures_out() as f64 / rate.as_f64(),
            (None, Some(sound)) => self.samples as f64 / f64::from(sound.rate_hz),
            (None, None) => 0.0,
        }
    }

    /// How it goes.
    pub fn status(&self) -> RecordingStatus {
        let (seconds, bytes) = (self.seconds(), self.shared.bytes.load(Relaxed));
        let [video_encoder, audio_encoder] = self.names.clone();
        RecordingStatus {
            seconds,
            frames: self.feed.pictures_out(),
            frames_in: self.frames_in,
            frames_encoded: self.recording.encoded().pictures,
            samples: self.samples,
            bytes,
            waiting_bytes: self.waiting_bytes(),
            kbps: if seconds > 0.0 { bytes as f64 * 8.0 / 1000.0 / seconds } else { 0.0 },
            paused: self.feed.is_paused(),
            sync: self.feed.sync().into(),
            loudness: self.ear.as_ref().map(Ear::report),
            video_encoder,
            audio_encoder,
            failed: self.shared.failed(),
        }
    }

    /// Everything that was taken is encoded, and the file finished.
    pub fn finish(mut self) -> Result<RecordingReport, RecordError> {
        self.feed.end();
        self.drain();
        let raw_hz = self.sound.map_or(RATE_HZ as u32, |raw| raw.rate_hz);
        // Rounded up: whoever counts it back at the sound's own rate rounds down.
        let samples = u128::from(self.samples) * u128::from(RATE_HZ);
        self.shared.sound_samples.store(samples.div_ceil(u128::from(raw_hz)) as u64, Relaxed);
        self.recording.end();
        let end = self.await_end()?;
        let is_whole = end.whole && self.shared.failed().is_none();
        let (loudness, second) = self.make_as_loud(is_whole);
        let [video_encoder, audio_encoder] = self.names.clone();
        let (passed, loudness_failed) = second.map_or((None, None), |second| match second {
            Ok(end) => (Some(end), None),
            Err(why) => (None, Some(why)),
        });
        Ok(RecordingReport {
            file: self.sink.file.clone(),
            container: self.container,
            seconds: self.seconds(),
            frames: self.feed.pictures_out(),
            samples: self.samples,
            bytes: passed.as_ref().map_or(end.bytes, |passed| passed.bytes),
            whole: is_whole,
            crash_safe: self.crash_safe,
            finish_ms: end.finalise_ms,
            sync: self.feed.sync().into(),
            loudness: passed.as_ref().map(|passed| passed.report).or(loudness),
            normalised: passed.map(|passed| passed.normalised),
            loudness_failed,
            pauses: self.feed.pauses().iter().map(|pause| PauseReport::of(pause, raw_hz)).collect(),
            video_encoder,
            audio_encoder,
            failed: self.shared.failed(),
        })
    }

    /// The second pass, if there is to be one; how loud it was, and what has come of it.
    fn make_as_loud(&mut self, is_whole: bool) -> (Option<LoudnessReport>, Option<Result<PassEnd, String>>) {
        let ear = self.ear.take();
        let report = ear.as_ref().map(Ear::report);
        let Some((pass, file)) = self.pass.take().zip(self.sink.file.clone()) else { return (report, None) };
        let Some(heard) = ear.and_then(Ear::finish).filter(|_| is_whole) else {
            let why = "it is not whole, or its channels are mixed in a way whose loudness can't be told";
            return (report, Some(Err(why.to_owned())));
        };
        let original = Original { file, sound_samples: self.shared.sound_samples.load(Relaxed) };
        let ended = heard.map_err(Into::into).and_then(|heard| pass.run(heard, &original));
        (report, Some(ended.map_err(|why| why.to_string())))
    }

    /// As long as the encoders make something, they are waited for.
    fn await_end(&self) -> Result<crate::disk::writer::Ended, RecordError> {
        let mut made = self.recording.encoded();
        loop {
            if let Some(end) = self.sink.ended(PATIENCE) {
                return end;
            }
            let now = self.recording.encoded();
            if now == made {
                return Err(RecordError::Stuck { seconds: PATIENCE.as_secs() });
            }
            made = now;
        }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("file", &self.sink.file).field("seconds", &self.seconds()).finish()
    }
}

fn mono(at: Duration) -> Mono {
    Mono(u64::try_from(at.as_nanos()).unwrap_or(u64::MAX))
}

/// What stands in files of ours. A timecode counts 30 pictures a second; other files have none.
fn facts(valid: &Valid, spec: &RecordingSpec<'_>, encoders: &Encoders) -> Facts {
    let [video_encoder, audio_encoder] = encoders.names();
    let picture = valid.picture();
    let has_timecode = picture.is_some_and(|recipe| recipe.rate == Rate::whole(30));
    let sound_hz = valid.sound().map_or(RATE_HZ, |recipe| u64::from(recipe.rate_hz));
    let priming = (u64::from(spec.priming()) * RATE_HZ).div_ceil(sound_hz);
    Facts {
        recorder: format!("HyperZoom {}", env!("CARGO_PKG_VERSION")),
        video_codec: picture.map_or(String::new(), |recipe| recipe.codec.to_string()),
        video_encoder,
        width: picture.map_or(0, |recipe| recipe.size.width),
        height: picture.map_or(0, |recipe| recipe.size.height),
        audio_codec: valid.sound().map_or(String::new(), |recipe| recipe.codec.to_string()),
        audio_encoder,
        audio_bitrate_kbps: valid.sound().map_or(0, |recipe| recipe.kbps),
        audio_priming: priming as u32,
        started_utc_us: if has_timecode { jiff::Timestamp::now().as_microsecond() } else { 0 },
        ..Facts::default()
    }
}
