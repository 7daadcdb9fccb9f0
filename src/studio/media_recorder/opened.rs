// SPDX-License-Identifier: MIT
//! One file, open: its encoders and its end on the disk; and the work of finishing it, on a thread of its own.
//!
//! ```text
//!   ended --> Job: what waits is encoded, the file finished --> FileReport
//!              `- the encoder of the pictures breaks: what was kept goes to the next encoder of the table, in the same
//!                 file; or, where that can't hold it, in the next one, and this one ends with the last picture made
//! ```

use super::error::RecordError;
use super::event::RecordingEvent;
use super::item::Item;
use super::order::{Names, Order};
use super::packets::give;
use super::place::{Cut, Measure};
use super::report::FileReport;
use super::sink::{Destination, End, Shared, Sink};
use super::takeover::Earlier;
use crate::disk::WriterError;
use crate::media::{EncodedCounts, Recording};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// An encoder that makes nothing for so long, while something waits for it, will not end any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is left in a broken graph comes out within so long, or never.
const BROKEN_PATIENCE: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug)]
pub struct Opened {
    pub recording: Recording,
    pub sink: Arc<Sink>,
    pub shared: Arc<Shared>,
    /// Who encodes pictures and sound.
    pub names: [String; 2],
    /// Who encoded before, in the same file.
    pub earlier: Earlier,
}

/// How waiting for the end has ended.
enum Outcome {
    Ended(End),
    Broken(String),
}

impl Opened {
    /// Starts the encoders and opens the file.
    pub fn open(order: &Order, mut destination: Destination) -> Result<Opened, RecordError> {
        let can_be_mended =
            matches!(destination, Destination::File(_)) && order.recipe.is_some() && order.further.is_empty();
        let shared = Arc::new(Shared::new(can_be_mended, order.room.clone()));
        let (container, least) = (order.valid.container(), order.valid.limits().min_free_bytes);
        let packets = destination.take_packets();
        let sink = Sink::open(destination, container, order.facts(), shared.clone(), least)?;
        let take = sink.taker();
        let recording = Recording::start(&order.spec(), move |signal| take(signal))?;
        if let Some(output) = packets {
            recording.tap(&order.spec(), give(output, shared.clone()))?;
        }
        let room = order.room.clone();
        recording.on_taken(move || room.ring());
        Ok(Opened { recording, sink: Arc::new(sink), shared, names: order.names(), earlier: Earlier::default() })
    }

    /// What the encoders of the file have written so far.
    pub fn encoded(&self) -> EncodedCounts {
        let (earlier, now) = (&self.earlier.counts, self.recording.encoded());
        EncodedCounts {
            pictures: earlier.pictures + now.pictures,
            picture_bytes: earlier.picture_bytes + now.picture_bytes,
            sound_packets: earlier.sound_packets + now.sound_packets,
            sound_bytes: earlier.sound_bytes + now.sound_bytes,
        }
    }

    /// What its encoders are given first, if the file begins there.
    pub fn begin(&self, first: Cut) -> Cut {
        let Cut { picture, sample } = self.earlier.begin;
        Cut { picture: first.picture + picture, sample: first.sample + sample }
    }

    /// Gives its encoders something of a file that begins there.
    pub fn give(&self, item: &Item, first: Cut) {
        item.give(&self.recording, self.begin(first));
    }

    /// Bytes that wait for the encoders and the disk.
    pub fn waiting_bytes(&self) -> u64 {
        let main = self.recording.waiting_bytes().iter().sum::<u64>();
        main + self.recording.further_waiting_bytes().sum::<u64>() + self.sink.waiting_bytes()
    }

    /// Everything has been given; the sound is so long, at [`RATE_HZ`].
    fn end(&self, sound_samples: u64) {
        self.shared.sound_samples.store(sound_samples, Relaxed);
        self.recording.end();
    }

    /// As long as the encoders make something, or the disk takes something, they are waited for.
    fn outcome(&self, is_mended: bool) -> Outcome {
        let further = || self.recording.further_encoded().map(|(packets, _)| packets).sum::<u64>();
        let progress = || (self.encoded(), further(), self.sink.waiting_bytes());
        let (mut made, mut since) = (progress(), Instant::now());
        loop {
            let heard = self.shared.room.rings();
            if let Some(end) = self.sink.ended(Duration::ZERO) {
                return Outcome::Ended(end);
            }
            if let Some(why) = self.shared.broken().filter(|_| !is_mended) {
                return Outcome::Broken(why);
            }
            let now = progress();
            if now != made {
                (made, since) = (now, Instant::now());
            }
            if since.elapsed() >= PATIENCE {
                return Outcome::Ended(Err(RecordError::Stuck { seconds: PATIENCE.as_secs() }));
            }
            self.shared.room.wait(heard, since + PATIENCE);
        }
    }

    /// A graph without its encoder gives out what is behind it.
    fn drain(&self) {
        self.recording.end();
        let until = Instant::now() + BROKEN_PATIENCE;
        let mut heard = self.shared.room.rings();
        while !self.shared.is_drained() && self.shared.room.wait(heard, until) {
            heard = self.shared.room.rings();
        }
    }
}

/// A file that is to be finished, and what it takes to go on in another.
#[derive(Debug)]
pub struct Job {
    pub opened: Arc<Opened>,
    pub order: Order,
    pub names: Option<Names>,
    pub measure: Measure,
    /// Its place in the recording ...
    pub first: Cut,
    /// ... up to here.
    pub taken: Cut,
    /// What may not have been encoded yet.
    pub kept: VecDeque<Item>,
}

/// A file to go on in, the next one or the same.
#[derive(Debug)]
pub struct Ready {
    pub opened: Arc<Opened>,
    pub order: Order,
    /// Where the file begins.
    pub first: Cut,
}

/// What has become of a job.
#[derive(Debug, Default)]
pub struct Done {
    pub files: Vec<FileReport>,
    pub events: Vec<RecordingEvent>,
    pub error: Option<RecordError>,
}

impl Job {
    /// Nothing more comes for it.
    pub fn end(&self) {
        self.opened.end(self.sound_samples(self.taken));
    }

    /// Waits until it is finished, with as many encoders as that takes.
    pub fn run(mut self) -> Done {
        let mut done = Done::default();
        loop {
            let why = match self.opened.outcome(false) {
                Outcome::Ended(end) => {
                    self.report(end, self.taken, None, &mut done);
                    return done;
                }
                Outcome::Broken(why) => why,
            };
            let cut = self.drain();
            let next = match self.go_on() {
                Some(ready) => Ok(ready),
                None => {
                    self.end_at(cut);
                    let next = self.next(cut);
                    let end = self.finished();
                    self.report(end, cut, next.is_err().then_some(&why), &mut done);
                    next
                }
            };
            let Ready { opened, order, first } = match next {
                Ok(ready) => ready,
                Err(why) => {
                    done.error.get_or_insert(why);
                    return done;
                }
            };
            done.events.extend(fell_over(&self.opened, &opened, why, first));
            let kept = from(std::mem::take(&mut self.kept), opened.begin(first));
            kept.iter().for_each(|item| opened.give(item, first));
            self = Job { opened, order, first, kept, ..self };
            self.end();
        }
    }

    /// Takes what is left out of a broken graph; answers where a next file goes on. Pictures are encoded in their order,
    /// so that counting them says which they are.
    pub fn drain(&self) -> Cut {
        self.opened.drain();
        let encoded = self.first.picture + self.opened.encoded().pictures;
        self.measure.within(Cut { picture: encoded.min(self.taken.picture), ..self.taken })
    }

    /// Ends a drained file there.
    pub fn end_at(&self, cut: Cut) {
        self.opened.sink.end(self.sound_samples(cut));
    }

    /// Goes on at that place with the next encoder, in the next file.
    pub fn next(&self, first: Cut) -> Result<Ready, RecordError> {
        let names = self.names.as_ref().ok_or(RecordError::NoNextOutput)?;
        let order = self.order.clone().without_its_encoder()?;
        let opened = Arc::new(names.open(&order, Opened::open)?);
        Ok(Ready { opened, order, first })
    }

    /// How a file ended that has been wound up.
    pub fn finished(&self) -> End {
        match self.opened.outcome(true) {
            Outcome::Ended(end) => end,
            Outcome::Broken(_) => Err(RecordError::Stuck { seconds: PATIENCE.as_secs() }),
        }
    }

    /// Tells of the file, which goes as far as `until`.
    pub fn report(&self, end: End, until: Cut, broken: Option<&String>, done: &mut Done) {
        let failed = self.opened.shared.failed().or(broken.map(|why| format!("encoding has failed: {why}")));
        let until = Cut { picture: until.picture.max(self.first.picture), sample: until.sample.max(self.first.sample) };
        let (again, news) = self.opened.shared.again();
        done.events.extend(news);
        let file = again.or_else(|| self.opened.sink.file.clone());
        let mut encoders = self.opened.earlier.encoders.clone();
        encoders.push(self.opened.names[0].clone());
        match end {
            // Nobody asked for a file with nothing in it, and who finds one takes it for a recording.
            Ok(end) if until == self.first => discard(file.as_deref(), end.bytes),
            Err(RecordError::Writer(WriterError::Empty)) if until == self.first => {}
            Ok(end) => done.files.push(FileReport {
                file: file.inspect(|file| done.events.extend(gone(file))),
                first_frame: self.first.picture,
                frames: until.picture - self.first.picture,
                first_sample: self.first.sample,
                samples: until.sample - self.first.sample,
                bytes: end.bytes,
                whole: end.whole && failed.is_none(),
                finish_ms: end.finalise_ms,
                video_encoder: encoders.remove(0),
                went_on_with: encoders,
                failed,
            }),
            Err(why) => {
                done.error.get_or_insert(why);
            }
        }
    }

    fn sound_samples(&self, until: Cut) -> u64 {
        self.measure.sound_between(self.first, until)
    }
}

/// Takes away a file of ours with nothing in it, unless somebody has put another in its place.
fn discard(file: Option<&Path>, bytes: u64) {
    let ours = |file: &&Path| std::fs::metadata(file).is_ok_and(|found| found.len() == bytes);
    if let Some(Err(why)) = file.filter(ours).map(std::fs::remove_file) {
        tracing::warn!("a file without a picture or sample stays: {why}");
    }
}

fn gone(file: &Path) -> Option<RecordingEvent> {
    (!file.exists()).then(|| RecordingEvent::Gone { file: file.to_owned() })
}

/// What lies behind that place.
pub fn from(items: VecDeque<Item>, first: Cut) -> VecDeque<Item> {
    items.into_iter().filter_map(|item| item.split(first).1).collect()
}

/// One encoder has taken over from another, in the same file or one that begins at `first`.
pub fn fell_over(from: &Opened, to: &Opened, why: String, first: Cut) -> Vec<RecordingEvent> {
    let next = if Arc::ptr_eq(&from.sink, &to.sink) { None } else { next_file(to, first, "encoder") };
    let [from, to_name] = [from, to].map(|opened| opened.names[0].clone());
    let fell = RecordingEvent::FellOver { from, to: to_name, why, at_frame: to.begin(first).picture };
    [Some(fell), next].into_iter().flatten().collect()
}

/// The next file has begun.
pub fn next_file(opened: &Opened, first: Cut, why: &'static str) -> Option<RecordingEvent> {
    let file = opened.sink.file.clone()?;
    Some(RecordingEvent::NextFile { file, at_frame: first.picture, at_sample: first.sample, why })
}
