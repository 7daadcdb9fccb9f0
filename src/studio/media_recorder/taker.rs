// SPDX-License-Identifier: MIT
//! What a graph tells, on its way to the thread that writes its file. One file may be given the bytes of several graphs,
//! one after the other.

use super::sink::Shared;
use super::takeover::Behind;
use crate::disk::{Piece, Writer};
use crate::media::RecordingSignal;
use crate::words::{Facts, FragmentNote, Mono, RATE_HZ};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

/// Takes the bytes of a graph whose file is written `in_fragments` or not. `behind` says where they go in a file that
/// has been given those of another.
pub fn take_for_file(
    writer: Arc<Writer>,
    in_fragments: bool,
    facts: Facts,
    shared: Arc<Shared>,
    behind: Option<Behind>,
) -> impl Fn(RecordingSignal) + Send + Sync {
    let first = OnceLock::new();
    let offset = behind.map_or(0, |behind| behind.time.0);
    let note = move |begin: Mono| {
        let first: Mono = *first.get_or_init(|| begin);
        let time = offset + begin.0.saturating_sub(first.0);
        let samples = u128::from(time) * u128::from(RATE_HZ);
        FragmentNote {
            first_sample: (samples / u128::from(Mono::SECOND)) as u64,
            samples: RATE_HZ,
            monotonic: Mono(time),
            utc_us: 0,
            session_us: 0,
            drift_ppm: 0.0,
            happenings: Vec::new(),
        }
    };
    let headed = AtomicBool::new(false);
    let graph = shared.graph();
    move |signal| {
        // A graph that is broken and was given up has nothing more to say.
        let now = shared.now_taking();
        if *now != graph {
            return;
        }
        match signal {
            RecordingSignal::Bytes { bytes, header: true, .. } if in_fragments => {
                headed.store(true, Relaxed);
                let facts = Box::new(facts.clone());
                writer.write(match behind {
                    None => Piece::Header(bytes, facts),
                    Some(Behind { seam, .. }) => Piece::Seam(bytes, facts, seam),
                });
            }
            RecordingSignal::Bytes { bytes, begin, .. } if headed.load(Relaxed) => {
                writer.write(Piece::Fragment(bytes, note(begin.unwrap_or_default())));
            }
            RecordingSignal::Bytes { at, bytes, .. } => writer.write(Piece::Bytes { at, bytes }),
            RecordingSignal::End => {
                shared.drains();
                if shared.broken().is_none() {
                    writer.write(Piece::End(shared.sound_samples.load(Relaxed)));
                }
            }
            RecordingSignal::Failed(trouble) => {
                tracing::error!("{trouble}: {}", trouble.debug);
                if shared.breaks(&trouble) {
                    return;
                }
                shared.fail(format!("encoding has failed: {trouble}"));
                writer.write(Piece::End(shared.sound_samples.load(Relaxed)));
            }
        }
    }
}
