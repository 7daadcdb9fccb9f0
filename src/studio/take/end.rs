// SPDX-License-Identifier: MIT
//! How a take ends: at a whole picture, with everything that was captured up to it, and a finished file.

use super::super::event::{Event, Finished};
use super::super::keeper::leave;
use super::super::notebook::sample_of_tick;
use super::{Signal, Stage, Take};
use crate::disk::writer::{Ended, WriterSignal};
use crate::disk::{Piece, WriterError};
use crate::media;
use crate::words::{Happening, RATE_HZ, SAMPLES_PER_FRAME, Sample, What};
use std::io::ErrorKind;
use std::path::PathBuf;

impl Take {
    /// Ends with the picture that is being taken now.
    pub(super) fn end_soon(&mut self, reason: &'static str) {
        // Sound that the track has let go can't be taken back, though the master may not have it yet.
        let given_frames = self.track.written().div_ceil(SAMPLES_PER_FRAME).max(self.cadence.next_tick());
        let now_frames = self.track.sample_at(media::now()) / SAMPLES_PER_FRAME;
        self.end_at(now_frames.max(given_frames).max(1) * SAMPLES_PER_FRAME, reason);
    }

    /// Ends before `sample`, unless an earlier end is planned already.
    pub(super) fn end_at(&mut self, sample: Sample, reason: &'static str) {
        let earlier = match self.stage {
            Stage::Open => true,
            Stage::Ending(planned) => sample < planned,
            Stage::Draining | Stage::Closing => false,
        };
        if earlier {
            self.stage = Stage::Ending(sample);
            self.reason = reason;
            self.track.end_at(sample);
        }
    }

    /// When both engines have reached the end, the encoders are told that there is no more.
    pub(super) fn end_if_complete(&mut self) {
        let Stage::Ending(end) = self.stage else { return };
        let pictures_done = !self.has_pictures || sample_of_tick(self.cadence.next_tick()) >= end;
        if self.given >= end && pictures_done {
            self.stage = Stage::Draining;
            self.leave_devices();
            self.master.end();
        }
    }

    fn leave_devices(&mut self) {
        leave(self.camera.take());
        leave(self.microphone.take());
    }

    /// The first time it ends with the picture that is being taken now. When what waits for the encoders then takes
    /// long, asking again ends without it; asking twice out of impatience costs nothing.
    pub(super) fn asked_to_stop(&mut self) {
        match self.stage {
            Stage::Draining if self.watch.drains_long() => self.end_without_the_rest(),
            Stage::Draining => {}
            _ => self.end_soon("asked"),
        }
    }

    /// The person has asked twice, or the encoders have stopped answering: what is encoded is the recording.
    pub(super) fn end_without_the_rest(&mut self) {
        let seconds = self.gauge.seconds(self.master.waiting_bytes());
        let message = format!("{seconds:.1} s were not encoded yet and are left out; the rest is being finished");
        self.tell(Event::Error { message });
        self.reason = "failed";
        self.finish_file();
    }

    /// Everything that will ever come has come from the encoders: finish the file.
    pub(super) fn finish_file(&mut self) {
        if self.stage != Stage::Closing {
            self.stage = Stage::Closing;
            self.leave_devices();
            self.writer.write(Piece::End(self.given));
        }
    }

    pub(super) fn hear_writer(&mut self, signal: WriterSignal) {
        match signal {
            WriterSignal::Safe { bytes, samples } => {
                self.watch.safe_bytes = bytes;
                self.watch.safe_samples = samples;
            }
            WriterSignal::Failed(cause) => {
                let full = matches!(cause.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
                self.reason = if full { "disk-full" } else { "failed" };
                let text = format!("the recording can't be written any more ({cause}); what exists is being finished");
                self.tell(Event::Error { message: text.clone() });
                let what = if full { What::DiskFull } else { What::Warning { text } };
                self.notebook.write(Happening { at_sample: self.given, what });
                self.finish_file();
            }
            WriterSignal::Full => {
                self.happened_warning("disk-full", What::DiskFull);
                self.end_soon("disk-full");
            }
            WriterSignal::Rescued(path) => self.tell_rescued(path),
            // A quick disk, or a header that was no use: nobody waits for it yet.
            WriterSignal::Ended(ended) => {
                self.stage = Stage::Closing;
                self.ended = Some(ended);
            }
        }
    }

    fn tell_rescued(&mut self, path: PathBuf) {
        let text = format!(
            "the recording was deleted while it is being recorded; it has been written again, whole, as {}",
            path.display()
        );
        self.notebook.metadata.recording.file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.place.master = path;
        self.happened_warning("file-deleted", What::Warning { text });
    }

    /// Waits for the file, writes the last page, says goodbye.
    pub(super) fn close(mut self) {
        let ended = match self.ended.take() {
            Some(ended) => ended,
            None => self.await_writer(),
        };
        // The pieces that never reached the disk are no part of the recording.
        let (samples, frames) = match &ended {
            Ok(ended) if ended.whole && self.reason != "failed" => (self.given, self.given / SAMPLES_PER_FRAME),
            Ok(ended) => (ended.samples, ended.frames),
            Err(_) => (self.watch.safe_samples, self.watch.safe_samples / SAMPLES_PER_FRAME),
        };
        self.given = samples.max(frames * SAMPLES_PER_FRAME);
        self.notebook.close(ended.is_ok(), samples, frames, self.track.mono_at(self.given));
        if matches!(ended, Err(WriterError::Empty)) {
            self.place.forget();
        } else if let Err(e) = self.notebook.metadata.save(&self.place.metadata, &self.place.timecodes) {
            tracing::warn!("the metadata is not up to date on the disk: {e}");
        }
        match &ended {
            Err(why) => self.tell(Event::Error { message: why.to_string() }),
            Ok(_) if !self.place.master.exists() => {
                let message = "the recording was moved while it was recorded; it is finished where it is now: run \
                               hyperzoom recover on it there, and its metadata is brought up to date";
                self.tell(Event::warning("file-moved", message, None));
            }
            Ok(_) => {}
        }
        let finished = self.finished(ended.ok());
        self.tell(Event::RecordingFinished(finished));
    }

    fn await_writer(&mut self) -> Result<Ended, WriterError> {
        loop {
            match self.inbox.recv() {
                Ok(Signal::Writer(WriterSignal::Ended(ended))) => return ended,
                Ok(Signal::Writer(WriterSignal::Failed(cause))) => {
                    let message = format!("the last of the recording can't be written ({cause}); the rest is there");
                    self.tell(Event::Error { message });
                }
                Ok(Signal::Writer(WriterSignal::Safe { bytes, samples })) => {
                    self.watch.safe_bytes = bytes;
                    self.watch.safe_samples = samples;
                }
                Ok(Signal::Writer(WriterSignal::Rescued(path))) => self.tell_rescued(path),
                Ok(_) => {}
                Err(_) => return Err(WriterError::Empty),
            }
        }
    }

    fn finished(&self, ended: Option<Ended>) -> Finished {
        let recording = &self.notebook.metadata.recording;
        Finished {
            file: self.place.master.clone(),
            folder: self.place.folder.clone(),
            seconds: self.given as f64 / RATE_HZ as f64,
            frames: recording.total_frames_captured,
            samples: recording.total_samples,
            frames_dropped: recording.total_frames_dropped,
            frames_repeated: recording.total_frames_repeated,
            frames_omitted: recording.total_frames_omitted,
            frames_held: recording.total_frames_held,
            samples_silenced: recording.total_samples_silenced,
            bytes: ended.map_or(self.watch.safe_bytes, |e| e.bytes),
            finalised: ended.is_some(),
            finalise_ms: ended.map_or(0, |e| e.finalise_ms),
            reason: self.reason.to_owned(),
        }
    }
}
