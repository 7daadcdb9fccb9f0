// SPDX-License-Identifier: MIT
//! The files of a recording, one after the other. Whoever submits never waits: files are opened and finished by threads
//! of their own.
//!
//! ```text
//!   items --> talk.mkv | talk-2.mkv | talk-3.mkv
//!             finishing   taking      opening: keeps what comes
//!                       ^ a cut: a whole picture, and the sample that goes with it
//! ```
//!
//! For a moment two files take at once, since sound and pictures reach a cut one after the other.

use super::error::RecordError;
use super::event::{Events, RecordingEvent};
use super::item::Item;
use super::loudness::Pass;
use super::opened::{Done, Job, Opened, Ready, fell_over, next_file};
use super::order::{Names, Order};
use super::part::{Lane, Part};
use super::piece::{Piece, Unit};
use super::place::{Cut, Measure, Then, Until};
use super::report::FileReport;
use super::sink::{Destination, Shared};
use super::tracks::units;
use crate::studio::config::{Adaptive, Loudness, WhenReached};
use crate::words::PictureRecipe;
use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;

/// A file that is being finished.
struct Finishing {
    opened: Weak<Opened>,
    shared: Arc<Shared>,
    thread: JoinHandle<Done>,
}

/// See the module.
pub struct Parts {
    pub order: Order,
    pub measure: Measure,
    pub events: Events,
    /// How far all of them together have come.
    pub taken: Cut,
    names: Option<Names>,
    live: Vec<Part>,
    finishing: Vec<Finishing>,
    /// Opens the newest file, or has.
    opening: Option<JoinHandle<()>>,
    done: Done,
    /// The end of the newest, if it is known.
    edge: Option<Until>,
    /// What the pictures of the next one are to be.
    wanted: Option<PictureRecipe>,
    failed: Option<String>,
    picture_bytes: u64,
    /// How the further tracks count.
    units: Vec<Unit>,
}

impl Parts {
    /// Opens the first.
    pub fn begin(order: Order, destination: Destination) -> Result<Parts, RecordError> {
        let names = match &destination {
            Destination::File(place) => Some(Names::behind(place.master.clone())),
            Destination::Own(..) => None,
        };
        let rate = order.recipe.as_ref().map(|recipe| recipe.rate);
        let measure = Measure { rate, rate_hz: order.sound.map(|sound| sound.rate_hz) };
        let opened = Arc::new(Opened::open(&order, destination)?);
        let edge = measure.until(order.valid.limits(), Cut::default());
        let mut events = Events::default();
        order.encoders.passed_over().for_each(|event| events.tell(event));
        Ok(Parts {
            measure,
            events,
            taken: Cut::default(),
            names,
            live: vec![Part::new(Lane::Open(opened), Cut::default(), edge, "")],
            finishing: Vec::new(),
            opening: None,
            done: Done::default(),
            edge,
            wanted: order.recipe.clone(),
            failed: None,
            units: units(&order.further),
            picture_bytes: order.pictures.as_ref().map_or(0, |pictures| pictures.bytes() as u64),
            order,
        })
    }

    /// What a second pass has to know of the first file.
    pub fn again(&self, loudness: Loudness) -> Result<Pass, RecordError> {
        let opened = self.live.first().and_then(Part::opened).expect("the first file is open from the start");
        let notes = opened.recording.note_pictures(&self.order.spec())?;
        Ok(Pass { loudness, order: self.order.clone(), facts: self.order.facts(), notes })
    }

    /// The next item goes to the file it lies in; what lies behind the end goes nowhere.
    pub fn put(&mut self, item: Item) {
        let (mut rest, mut at) = (Some(item), 0);
        while let Some(item) = rest.take() {
            if at == self.live.len() && !self.begin_next() {
                break;
            }
            let part = &mut self.live[at];
            let (mine, others) = match part.until {
                Some(until) => item.split(until.cut),
                None => (Some(item), None),
            };
            if let Some(mine) = mine {
                self.taken = mine.behind(self.taken);
                part.take(mine, self.measure);
            }
            (rest, at) = (others, at + 1);
        }
        self.finish_full();
    }

    /// The same with what a further track has handed out.
    pub fn put_further(&mut self, piece: Piece) {
        let Some(unit) = self.units.get(piece.track - 1).copied() else { return };
        let (mut rest, mut at) = (Some(piece), 0);
        while let Some(piece) = rest.take() {
            if at == self.live.len() && !self.begin_next() {
                break;
            }
            let part = &mut self.live[at];
            let (mine, others) = match part.until {
                Some(until) => piece.split(self.measure.in_track(until.cut, unit)),
                None => (Some(piece), None),
            };
            if let Some(mine) = mine {
                part.take_further(mine, self.measure.in_track(part.first, unit));
            }
            (rest, at) = (others, at + 1);
        }
        self.finish_full();
    }

    /// Looks after everything that happens without being asked for.
    pub fn look(&mut self) {
        self.mend();
        self.settle(false);
        self.collect(false);
        self.finish_full();
        for opened in self.live.iter().filter_map(|part| part.opened()) {
            opened.shared.again().1.into_iter().for_each(|event| self.events.tell(event));
        }
        let limits = self.order.valid.limits();
        let roll_over = limits.when_reached == WhenReached::RollOver;
        let Some((opened, part)) = self.live.last().and_then(|part| Some((part.opened()?, part))) else { return };
        if opened.shared.is_low.load(Relaxed) {
            let what = "limits.min_free_bytes";
            return self.cut(Then::End(what));
        }
        let key_frames = self.order.recipe.as_ref().map_or(1, |recipe| u64::from(recipe.key_frames));
        if let Some(most) = limits.max_bytes {
            let what = "limits.max_bytes";
            let weight = part.weight(key_frames, self.order.sound);
            let span = |cut: Cut| self.measure.seconds(cut);
            let seconds = span(part.taken) - span(part.first);
            // Half a second of room for what the last pictures cost more than those before.
            let room = if seconds > 0.5 { (weight as f64 / seconds / 2.0) as u64 } else { 0 };
            if weight + room.min(most / 8) >= most {
                self.cut(if roll_over { Then::Next(what) } else { Then::End(what) });
            }
        }
    }

    /// Where the recording ends and why, if it has to.
    pub fn end(&self) -> Option<(Cut, &'static str)> {
        match self.edge? {
            Until { cut, then: Then::End(what) } => Some((cut, what)),
            Until { then: Then::Next(_), .. } => None,
        }
    }

    /// The newest file ends as soon as it can, unless it ends sooner anyway.
    fn cut(&mut self, then: Then) {
        // Further tracks may have come further than what the feed has decided.
        let further = self.live.last().map_or(&[][..], |part| &part.further[..]);
        let behind = self.units.iter().zip(further).map(|(unit, came)| self.measure.behind_track(*came, *unit));
        let cut = behind.fold(self.measure.behind(self.taken), |cut, other| {
            if self.measure.has_reached(other, cut) { other } else { cut }
        });
        let sooner = self.edge.filter(|edge| self.measure.has_reached(cut, edge.cut));
        let until = match (sooner, then) {
            (Some(edge), Then::End(_)) => Until { cut: edge.cut, then },
            (Some(_), Then::Next(_)) => return,
            (None, then) => Until { cut, then },
        };
        self.edge = Some(until);
        if let Some(part) = self.live.last_mut() {
            part.until = Some(until);
        }
        self.finish_full();
    }

    /// From the next file on, that has given way.
    pub fn ease(&mut self, given: &[Adaptive]) {
        self.wanted = self.order.eased(given);
        if self.names.is_some() && self.wanted != self.order.recipe {
            self.cut(Then::Next("adaptive.mode"));
        }
    }

    fn begin_next(&mut self) -> bool {
        let Some(Until { cut: first, then: Then::Next(why) }) = self.edge else { return false };
        let Some(names) = self.names.clone() else { return false };
        let (tell, answer) = channel();
        let (order, wanted) = (self.order.clone(), self.wanted.clone());
        let before = self.opening.take();
        let open = move || {
            // One after the other, so that their names are in order. One that has panicked is noticed elsewhere.
            if let Some(before) = before {
                let _ = before.join();
            }
            // A smaller picture that nobody can encode is no reason to have none.
            let order = order.clone().with(wanted).unwrap_or(order);
            let opened = names.open(&order, Opened::open).map(Arc::new);
            // Nobody waits for a recording that was given up.
            let room = order.room.clone();
            let _ = tell.send(opened.map(|opened| Ready { opened, order, first }));
            room.ring();
        };
        self.opening = Some(spawn("recording opens", open));
        self.edge = self.measure.until(self.order.valid.limits(), first);
        self.live.push(Part::new(Lane::Opening(answer), first, self.edge, why));
        true
    }

    /// Files that have been opened begin.
    fn settle(&mut self, patiently: bool) {
        let mut at = 0;
        while at < self.live.len() {
            match self.live[at].settle(patiently) {
                Ok(None) => {}
                Ok(Some(Ready { opened, order, first })) => {
                    let part = &mut self.live[at];
                    let events = match part.instead_of.take() {
                        Some((from, why)) => fell_over(&from, &opened, why, first),
                        None => next_file(&opened, first, part.why).into_iter().collect(),
                    };
                    events.into_iter().for_each(|event| self.events.tell(event));
                    part.begin(opened, first, self.measure, &self.units);
                    // An encoder that has broken is not asked for again.
                    if let (Some(wanted), Some(recipe)) = (&mut self.wanted, &order.recipe) {
                        wanted.encoder.clone_from(&recipe.encoder);
                    }
                    self.order = order;
                }
                Err(why) => {
                    let part = self.live.remove(at);
                    let broken = part.instead_of.map_or(String::new(), |(_, why)| format!("{why}; "));
                    self.failed.get_or_insert(format!("the recording can't go on: {broken}{why}"));
                    continue;
                }
            }
            at += 1;
        }
    }

    /// Where an encoder has broken, the next one takes over.
    fn mend(&mut self) {
        for at in 0..self.live.len() {
            let broken = self.live[at].opened().and_then(|opened| Some((opened.clone(), opened.shared.broken()?)));
            let Some((opened, why)) = broken else { continue };
            let (tell, answer) = channel();
            let part = &mut self.live[at];
            part.lane = Lane::Opening(answer);
            part.instead_of = Some((opened.clone(), why));
            let (first, taken) = (part.first, part.taken);
            let job = self.job(opened, first, taken);
            self.finish_by(job, move |job| wind_up(&job, &tell));
        }
    }

    /// Files that have all that lies in them are finished.
    fn finish_full(&mut self) {
        let mut at = 0;
        while at < self.live.len() {
            let part = &self.live[at];
            let full = part.is_full(self.measure, &self.units);
            if full && part.opened().is_some_and(|opened| opened.shared.broken().is_none()) {
                let part = self.live.remove(at);
                if let Some(Until { cut, then: Then::End(what) }) = part.until {
                    let (at_frame, at_sample) = (cut.picture, cut.sample);
                    self.events.tell(RecordingEvent::LimitReached { what, at_frame, at_sample });
                }
                self.finish_part(part);
            } else {
                at += 1;
            }
        }
    }

    fn finish_part(&mut self, part: Part) {
        let Lane::Open(opened) = part.lane else { return };
        let job = Job { kept: part.kept, ..self.job(opened, part.first, part.taken) };
        job.end();
        self.finish_by(job, Job::run);
    }

    /// What it takes to finish a file, with nothing kept.
    fn job(&self, opened: Arc<Opened>, first: Cut, taken: Cut) -> Job {
        let (order, names) = (self.order.clone(), self.names.clone());
        Job { opened, order, names, measure: self.measure, first, taken, kept: VecDeque::new() }
    }

    fn finish_by(&mut self, job: Job, work: impl FnOnce(Job) -> Done + Send + 'static) {
        let (opened, shared) = (Arc::downgrade(&job.opened), job.opened.shared.clone());
        let thread = spawn("recording ends", move || work(job));
        self.finishing.push(Finishing { opened, shared, thread });
    }

    /// Takes the reports of finished files.
    fn collect(&mut self, patiently: bool) {
        let mut at = 0;
        while at < self.finishing.len() {
            if !patiently && !self.finishing[at].thread.is_finished() {
                at += 1;
                continue;
            }
            match self.finishing.remove(at).thread.join() {
                Ok(done) => {
                    self.done.files.extend(done.files);
                    done.events.into_iter().for_each(|event| self.events.tell(event));
                    self.done.error = self.done.error.take().or(done.error);
                }
                Err(_) => {
                    self.failed.get_or_insert("a thread that finishes files has panicked".to_owned());
                }
            }
        }
    }

    /// Everything has been put: all files are finished. Nothing is left of them but an error where there is no file.
    pub fn finish(&mut self) -> Result<Vec<FileReport>, RecordError> {
        self.mend();
        self.settle(true);
        for part in std::mem::take(&mut self.live) {
            self.finish_part(part);
        }
        self.collect(true);
        let mut files = std::mem::take(&mut self.done.files);
        files.sort_by_key(|file| (file.first_frame, file.first_sample));
        match self.done.error.take() {
            Some(why) if files.is_empty() => Err(why),
            Some(why) => {
                self.failed.get_or_insert(why.to_string());
                Ok(files)
            }
            None if files.is_empty() && self.failed.is_none() => Err(RecordError::Nothing),
            None => Ok(files),
        }
    }
}

/// What can be asked.
impl Parts {
    /// A muxer holds one stream back until the other has come as far. The one that is waited for is let in, or both would
    /// be told for ever that there is too much of the first.
    pub fn is_awaited(&self, stream: usize, limit_bytes: u64) -> bool {
        let newest = self.live.last().and_then(|part| part.opened());
        newest.is_some_and(|opened| {
            opened.recording.waiting_bytes()[stream] == 0 && opened.sink.waiting_bytes() <= limit_bytes
        })
    }

    /// Whether the encoder of a further track has nothing to do.
    pub fn is_further_awaited(&self, number: usize) -> bool {
        let newest = self.live.last().and_then(|part| part.opened());
        newest.is_some_and(|opened| opened.recording.further_waiting_bytes().nth(number - 1) == Some(0))
    }

    /// Bytes that wait for the encoders and the disk.
    pub fn waiting_bytes(&self) -> u64 {
        let live = self.live.iter().map(|part| part.waiting_bytes(self.picture_bytes));
        let ending = self.ending().filter_map(|file| file.opened.upgrade());
        live.sum::<u64>() + ending.map(|opened| opened.waiting_bytes()).sum::<u64>()
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        let ended = self.done.files.iter().map(|file| file.bytes);
        let ending = self.ending().map(|file| &file.shared);
        let live = self.live.iter().filter_map(|part| part.opened()).map(|opened| &opened.shared);
        ended.sum::<u64>() + ending.chain(live).map(|shared| shared.bytes.load(Relaxed)).sum::<u64>()
    }

    /// Files that are being finished, and are not going on with another encoder already.
    fn ending(&self) -> impl Iterator<Item = &Finishing> {
        let goes_on = |file: &Finishing| {
            let mut live = self.live.iter().filter_map(Part::opened);
            live.any(|opened| Arc::ptr_eq(&opened.shared, &file.shared))
        };
        self.finishing.iter().filter(move |file| !goes_on(file))
    }

    /// What is free on their disk, if the newest open one knows.
    pub fn free_bytes(&self) -> Option<u64> {
        self.live.iter().rev().find_map(Part::opened)?.shared.free_bytes()
    }

    /// Pictures that have been encoded.
    pub fn encoded_pictures(&self) -> u64 {
        let ended = self.done.files.iter().map(|file| file.frames);
        let ending = self.ending().filter_map(|file| file.opened.upgrade());
        let live = self.live.iter().filter_map(|part| part.opened().cloned());
        ended.sum::<u64>() + ending.chain(live).map(|opened| opened.encoded().pictures).sum::<u64>()
    }

    /// What has gone wrong, in whichever file.
    pub fn failed(&self) -> Option<String> {
        let ending = self.finishing.iter().map(|file| &file.shared);
        let live = self.live.iter().filter_map(|part| part.opened()).map(|opened| &opened.shared);
        let ended = self.done.files.iter().find_map(|file| file.failed.clone());
        self.failed.clone().or(ended).or_else(|| ending.chain(live).find_map(|shared| shared.failed()))
    }
}

/// Lets another encoder go on in a broken file, or ends it and opens the one that goes on instead.
fn wind_up(job: &Job, tell: &Sender<Result<Ready, RecordError>>) -> Done {
    let mut done = Done::default();
    let cut = job.drain();
    if let Some(ready) = job.go_on() {
        let _ = tell.send(Ok(ready));
        job.order.room.ring();
        return done;
    }
    job.end_at(cut);
    // Nobody waits for a recording that was given up.
    let _ = tell.send(job.next(cut));
    job.order.room.ring();
    job.report(job.finished(), cut, None, &mut done);
    done
}

fn spawn<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).expect("the system has a thread left")
}
