// SPDX-License-Identifier: MIT
//! The second pass: the sound again, as loud as it should be, and the pictures as they are.

use super::limiter::Limiter;
use super::meter::{Meter, decibels, factor};
use super::numbers::floats;
use super::{Heard, LoudnessReport, Normalised};
use crate::disk::{Place, put_over, space};
use crate::media::{PacketError, PacketFile, PictureNotes, RawSound, Recording, SampleFormat};
use crate::studio::config::Loudness;
use crate::studio::media_recorder::error::RecordError;
use crate::studio::media_recorder::finishing::Stretch;
use crate::studio::media_recorder::order::Order;
use crate::studio::media_recorder::sink::{Destination, Shared, Sink};
use crate::words::{Container, Facts};
use std::hash::Hasher;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// The share of the time that finding the gain takes at most, ...
const PLANNED: f64 = 0.3;
/// ... and that of the rest after which everything has been made again, and is compared.
const MADE: f64 = 0.9;
/// Closer than this nobody hears it, and it is not worth a second look.
const CLOSE_LU: f64 = 0.05;
/// What the limiter takes away is given back so many times.
const ROUNDS: u32 = 4;
/// So much may wait for the encoder, the muxer and the disk.
const WAITING_BYTES: u64 = 32 << 20;
/// One side that takes nothing for so long waits for the other.
const OTHER_SIDE: Duration = Duration::from_secs(1);
/// An encoder that makes nothing for so long hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// Readers may count the last packet of sound differently, but not by more.
const LENGTH_OFF: Duration = Duration::from_millis(100);

/// Why the recording stays as loud as it was.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// Nothing reaches the gate of R128.
    #[error("there is nothing to hear in it, so nothing was made louder")]
    Silent,
    /// Not enough space for both.
    #[error("the disk has no room for a second copy while one is made; free some space and record again")]
    Room,
    /// The sound that was put aside, or the files.
    #[error("the sound could not be put aside or the file not replaced ({0}); the recording is as it was")]
    Io(#[from] io::Error),
    /// The pictures.
    #[error(transparent)]
    Packets(#[from] PacketError),
    /// Encoders or writer.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// On the way.
    #[error("the second pass has failed ({0}); the recording is as it was")]
    Failed(String),
    /// It is not the same any more.
    #[error("the second pass has changed {0}, so the recording was left as it was")]
    Changed(&'static str),
}

/// What the second pass has to know of the first.
#[derive(Debug)]
pub struct Pass {
    pub loudness: Loudness,
    pub order: Order,
    pub facts: Facts,
    pub notes: PictureNotes,
}

/// The finished first file.
#[derive(Debug)]
pub struct Original {
    pub file: PathBuf,
    pub sound_samples: u64,
}

/// What there is now.
#[derive(Debug)]
pub struct PassEnd {
    pub report: LoudnessReport,
    pub normalised: Normalised,
    pub bytes: u64,
}

/// How it is made louder.
#[derive(Clone, Copy, Debug)]
struct Plan {
    gain_db: f64,
    ceiling: Option<f64>,
}

impl Pass {
    /// Makes the file as loud as it should be. Whatever goes wrong, the original is as it was.
    pub fn run(&self, mut heard: Heard, original: &Original, progress: &dyn Fn(f64)) -> Result<PassEnd, PassError> {
        let begun = Instant::now();
        let before = heard.report;
        let progress = Stretch::whole(progress);
        let plan = self.plan(&mut heard, progress.part(0.0, PLANNED))?;
        let folder = original.file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if space::free_bytes(folder)?
            < std::fs::metadata(&original.file)?.len() + self.order.valid.limits().min_free_bytes
        {
            return Err(PassError::Room);
        }
        let beside = beside(&original.file, "loud.tmp");
        // Left by a crash.
        let _ = std::fs::remove_file(&beside);
        let made = self.make(&mut heard, plan, (original, &beside), progress.part(PLANNED, 1.0)).and_then(|made| {
            let kept = self.loudness.keep_original.then(|| kept_name(&original.file));
            put_over(&beside, &original.file, kept.as_deref())?;
            Ok((made, kept))
        });
        let ((report, least, bytes), kept) = made.inspect_err(|_| {
            // Half a copy helps nobody.
            let _ = std::fs::remove_file(&beside);
        })?;
        progress.tell(1.0);
        let (gain_db, limited_db, pass_ms) = (plan.gain_db, -decibels(least), begun.elapsed().as_millis() as u64);
        Ok(PassEnd { report, normalised: Normalised { gain_db, limited_db, before, original: kept, pass_ms }, bytes })
    }

    /// One gain; where it takes a limiter, as much more as that takes away.
    fn plan(&self, heard: &mut Heard, progress: Stretch<'_>) -> Result<Plan, PassError> {
        let Loudness { target_lufs, true_peak_db, .. } = self.loudness;
        let integrated = heard.report.integrated_lufs.ok_or(PassError::Silent)?;
        let mut gain_db = target_lufs - integrated;
        let peak = heard.report.true_peak_dbtp.ok_or(PassError::Silent)? + gain_db;
        if peak <= true_peak_db {
            return Ok(Plan { gain_db, ceiling: None });
        }
        let ceiling = Some(factor(true_peak_db));
        for round in 0..ROUNDS {
            let begin = f64::from(round) / f64::from(ROUNDS);
            let progress = progress.part(begin, begin + 1.0 / f64::from(ROUNDS));
            let (report, _) = self.play(heard, Plan { gain_db, ceiling }, progress, |_| Ok(()))?;
            let missing = report.integrated_lufs.map_or(0.0, |reached| target_lufs - reached);
            if missing.abs() < CLOSE_LU {
                break;
            }
            gain_db += missing;
        }
        Ok(Plan { gain_db, ceiling })
    }

    /// All of the sound as it will be, a second at a time; how loud it is then, and the limiter's least factor.
    fn play(
        &self,
        heard: &mut Heard,
        plan: Plan,
        progress: Stretch<'_>,
        mut give: impl FnMut(&[f32]) -> Result<(), PassError>,
    ) -> Result<(LoudnessReport, f64), PassError> {
        let recipe = self.order.valid.sound().ok_or(PassError::Silent)?;
        let raw = heard.raw;
        let mut meter = Meter::new(raw.rate_hz, recipe.channels, recipe.codec).ok_or(PassError::Silent)?;
        let mut limiter = plan.ceiling.map(|ceiling| Limiter::new(raw.rate_hz, recipe.channels, ceiling));
        let gain = factor(plan.gain_db);
        let mut bytes = vec![0; raw.rate_hz.max(1) as usize * raw.sample_bytes()];
        heard.sound.rewind()?;
        let (mut played, all) = (0u64, heard.sound.bytes()?);
        loop {
            let read = heard.sound.read(&mut bytes)?;
            if read == 0 {
                break;
            }
            let mut values = floats(raw, heard.mix, &bytes[..read]);
            values.iter_mut().for_each(|value| *value = (f64::from(*value) * gain) as f32);
            if let Some(limiter) = &mut limiter {
                values = limiter.add(&values);
            }
            meter.add(&values);
            give(&values)?;
            played += read as u64;
            progress.tell(played as f64 / all as f64);
        }
        let mut least = 1.0;
        if let Some(limiter) = limiter {
            let (rest, lowest) = limiter.finish();
            least = lowest;
            meter.add(&rest);
            give(&rest)?;
        }
        Ok((meter.report(), least))
    }

    fn make(
        &self,
        heard: &mut Heard,
        plan: Plan,
        (original, beside): (&Original, &Path),
        progress: Stretch<'_>,
    ) -> Result<(LoudnessReport, f64, u64), PassError> {
        let channels = self.order.valid.sound().map_or(1, |recipe| recipe.channels);
        let raw = RawSound { format: SampleFormat::F32, rate_hz: heard.raw.rate_hz, channels };
        let container = self.order.valid.container();
        let shared = Arc::<Shared>::default();
        shared.sound_samples.store(original.sound_samples, Relaxed);
        let destination = Destination::File(Place::file(beside).map_err(RecordError::from)?);
        let least = self.order.valid.limits().min_free_bytes;
        let sink = Sink::open(destination, container, self.facts.clone(), shared.clone(), least)?;
        let take = sink.taker();
        let order = Order { sound: Some(raw), ..self.order.clone() };
        let recording = Recording::start_again(&order.spec(), move |signal| take(signal)).map_err(RecordError::from)?;
        let room = shared.room.clone();
        recording.on_taken(move || room.ring());
        let mut pictures = Pictures::open(self, &original.file)?;
        let mut samples = 0u64;
        let (report, least) = self.play(heard, plan, progress.part(0.0, MADE), |values| {
            recording.sound(samples, values.iter().flat_map(|value| value.to_le_bytes()).collect());
            samples += values.len() as u64 / u64::from(channels.max(1));
            let seconds = samples as f64 / f64::from(raw.rate_hz.max(1));
            pictures.give((&recording, &sink, &shared), &self.notes, seconds)?;
            wait(&recording, &sink, &shared)
        })?;
        recording.end_sound();
        pictures.give((&recording, &sink, &shared), &self.notes, f64::INFINITY)?;
        recording.end();
        let ended = await_end(&recording, &sink)?;
        if let Some(why) = shared.failed().or_else(|| (!ended.whole).then(|| "the file is not whole".to_owned())) {
            return Err(PassError::Failed(why));
        }
        drop((recording, sink));
        progress.tell(MADE);
        pictures.verify(beside, container)?;
        Ok((report, least, ended.bytes))
    }
}

/// Where they go: encoders, disk, and what both know.
type Way<'a> = (&'a Recording, &'a Sink, &'a Shared);

/// The pictures of the original on their way.
struct Pictures {
    file: Option<PacketFile>,
    given: u64,
    expected: u64,
    rate: f64,
    hash: std::hash::DefaultHasher,
    duration: Option<Duration>,
}

impl Pictures {
    fn open(pass: &Pass, path: &Path) -> Result<Pictures, PassError> {
        let recipe = pass.order.valid.picture();
        let file = recipe.map(|_| PacketFile::open(path, pass.order.valid.container())).transpose()?;
        let rate = recipe.map_or(1.0, |recipe| recipe.rate.as_f64());
        let hash = std::hash::DefaultHasher::new();
        Ok(Pictures { file, given: 0, expected: pass.notes.len(), rate, hash, duration: None })
    }

    /// All pictures until that moment.
    fn give(&mut self, (to, sink, shared): Way<'_>, notes: &PictureNotes, seconds: f64) -> Result<(), PassError> {
        while let Some(file) = &mut self.file
            && (self.given as f64) < seconds * self.rate
        {
            let Some(packet) = file.next_packet()? else {
                self.file = None;
                to.end_pictures();
                break;
            };
            if self.given == 0 {
                self.duration = file.duration();
            }
            packet.with_bytes(|bytes| self.hash.write(bytes));
            if !to.packet(self.given, &packet, notes) {
                return Err(PassError::Changed("the number of pictures"));
            }
            self.given += 1;
            wait(to, sink, shared)?;
        }
        Ok(())
    }

    /// The new file has the same pictures, and is as long.
    fn verify(&self, path: &Path, container: Container) -> Result<(), PassError> {
        if self.given != self.expected {
            return Err(PassError::Changed("the number of pictures"));
        }
        if self.given == 0 {
            return Ok(());
        }
        let mut file = PacketFile::open(path, container)?;
        let (mut count, mut hash, mut duration) = (0, std::hash::DefaultHasher::new(), None);
        while let Some(packet) = file.next_packet()? {
            duration = duration.or_else(|| file.duration());
            packet.with_bytes(|bytes| hash.write(bytes));
            count += 1;
        }
        if count != self.given || hash.finish() != self.hash.finish() {
            return Err(PassError::Changed("the pictures"));
        }
        let is_as_long = self.duration.zip(duration).is_none_or(|(old, new)| old.abs_diff(new) < LENGTH_OFF);
        if is_as_long { Ok(()) } else { Err(PassError::Changed("the length")) }
    }
}

/// Until there is room for more.
fn wait(recording: &Recording, sink: &Sink, shared: &Shared) -> Result<(), PassError> {
    let (mut made, mut since) = (recording.encoded(), Instant::now());
    loop {
        let heard = shared.room.rings();
        if recording.waiting_bytes().iter().sum::<u64>() + sink.waiting_bytes() <= WAITING_BYTES {
            return Ok(());
        }
        if let Some(why) = shared.failed() {
            return Err(PassError::Failed(why));
        }
        let now = recording.encoded();
        if now != made {
            (made, since) = (now, Instant::now());
        }
        // What waits on one side may be waiting for the other, which comes next.
        if since.elapsed() > OTHER_SIDE {
            return Ok(());
        }
        shared.room.wait(heard, since + OTHER_SIDE);
    }
}

fn await_end(recording: &Recording, sink: &Sink) -> Result<crate::disk::writer::Ended, PassError> {
    // A slow disk is behind long after the encoder has ended.
    let progress = || (recording.encoded(), sink.waiting_bytes());
    let mut made = progress();
    loop {
        if let Some(end) = sink.ended(PATIENCE) {
            return Ok(end?);
        }
        let now = progress();
        if now == made {
            return Err(RecordError::Stuck { seconds: PATIENCE.as_secs() }.into());
        }
        made = now;
    }
}

/// `talk.mkv.loud.tmp`, where nobody takes it for a recording.
pub fn beside(file: &Path, what: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(what);
    file.with_file_name(name)
}

/// `talk.original.mkv`.
fn kept_name(file: &Path) -> PathBuf {
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push(".original.");
    name.push(file.extension().unwrap_or_default());
    file.with_file_name(name)
}
