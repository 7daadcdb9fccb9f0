// SPDX-License-Identifier: MIT
//! Two soft beeps, so that a person knows which speaker is which.

use super::call::SpeakerChoice;
use super::prepare;
use crate::media::{self, Filler, Speaker, SpeakerSignal};
use crate::words::{Mono, RATE_HZ};
use std::f32::consts::TAU;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The two tones.
const TONES_HZ: [f32; 2] = [660.0, 880.0];
/// How long each sounds, and the silence behind it: the last one is for what waits in the sound server.
const TONE_SAMPLES: usize = RATE_HZ as usize / 5;
const PAUSE_SAMPLES: usize = RATE_HZ as usize / 4;
/// Nobody is to be startled.
const LOUDNESS: f32 = 0.2;
/// Swells and fades for so long, so that nothing clicks.
const FADE_SAMPLES: usize = RATE_HZ as usize / 50;

/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(50);
/// A speaker that has taken nothing for so long will not.
const PATIENCE_NS: i64 = 3 * Mono::SECOND as i64;

/// What the thread is told while it waits.
#[derive(Debug)]
enum News {
    Stop,
    Lost(String),
}

/// The guard: silent when it goes out of scope.
#[derive(Debug)]
pub struct TestSound {
    news: Sender<News>,
}

impl TestSound {
    /// Plays on a thread of its own. `done` hears how it went, or nothing if it was stopped.
    pub fn play(speaker: SpeakerChoice, done: impl FnOnce(Result<(), String>) + Send + 'static) -> TestSound {
        let (news, inbox) = channel();
        let bell = news.clone();
        let run = move || {
            if let Some(ended) = play(&speaker, bell, &inbox) {
                done(ended);
            }
        };
        std::thread::Builder::new().name("test-sound".into()).spawn(run).expect("the system has a thread left");
        TestSound { news }
    }
}

impl Drop for TestSound {
    fn drop(&mut self) {
        // A sound that has ended needs no order; waiting for the speaker to let go is its own thread's business.
        let _ = self.news.send(News::Stop);
    }
}

/// Plays to the end; nothing if it was stopped.
fn play(speaker: &SpeakerChoice, bell: Sender<News>, inbox: &Receiver<News>) -> Option<Result<(), String>> {
    let played = Arc::new(AtomicUsize::new(0));
    let sound = beeps();
    let (length, counted) = (sound.len(), played.clone());
    let fill = move |out: &mut [f32], _: Mono| {
        let from = counted.fetch_add(out.len(), Ordering::Relaxed).min(length);
        let rest = &sound[from..];
        for (index, sample) in out.iter_mut().enumerate() {
            *sample = rest.get(index).copied().unwrap_or(0.0);
        }
    };
    let _speaker = match open(speaker, Arc::new(Mutex::new(fill)), bell) {
        Ok(speaker) => speaker,
        Err(why) => return Some(Err(why)),
    };
    let (mut moved, mut seen) = (media::now(), 0);
    loop {
        match inbox.recv_timeout(LOOK) {
            Ok(News::Lost(why)) => return Some(Err(format!("the speaker is gone: {why}"))),
            Ok(News::Stop) | Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now_played = played.load(Ordering::Relaxed);
        if now_played >= length {
            return Some(Ok(()));
        }
        if now_played > seen {
            (moved, seen) = (media::now(), now_played);
        } else if media::now().since(moved) > PATIENCE_NS {
            return Some(Err("the speaker takes no sound; choose another, or plug it in anew".to_owned()));
        }
    }
}

fn open(speaker: &SpeakerChoice, fill: Filler, bell: Sender<News>) -> Result<Speaker, String> {
    // A sound that has ended does not care any more.
    let lost = move |SpeakerSignal::Lost(why)| drop(bell.send(News::Lost(why)));
    let opened = match speaker {
        SpeakerChoice::Off => return Err("no speaker is chosen, so nobody would be heard; choose one".to_owned()),
        SpeakerChoice::Auto => Speaker::open_default(fill, lost),
        SpeakerChoice::Id(id) => Speaker::open(&prepare::speaker(id).map_err(|why| why.to_string())?, fill, lost),
    };
    match opened {
        Ok(speaker) if speaker.is_silent() => {
            Err("this machine has no speaker; plug in headphones, then try again".to_owned())
        }
        opened => opened.map_err(|why| why.to_string()),
    }
}

/// The whole sound.
fn beeps() -> Vec<f32> {
    let tone = |hz: f32| {
        (0..TONE_SAMPLES).map(move |n| {
            let edge = n.min(TONE_SAMPLES - 1 - n).min(FADE_SAMPLES) as f32 / FADE_SAMPLES as f32;
            LOUDNESS * edge * (n as f32 * hz * TAU / RATE_HZ as f32).sin()
        })
    };
    TONES_HZ.into_iter().flat_map(|hz| tone(hz).chain(std::iter::repeat_n(0.0, PAUSE_SAMPLES))).collect()
}

#[cfg(test)]
mod tests {
    use super::{LOUDNESS, SpeakerChoice, TestSound, beeps};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn it_is_soft_and_begins_and_ends_without_a_click() {
        let sound = beeps();
        assert!(sound.iter().all(|sample| sample.abs() <= LOUDNESS));
        let steepest = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.03, "{steepest}");
        assert_eq!((sound[0], sound[sound.len() - 1]), (0.0, 0.0));
    }

    #[test]
    fn without_a_speaker_it_says_so() {
        let (tell, told) = channel();
        let _sound = TestSound::play(SpeakerChoice::Off, move |ended| tell.send(ended).expect("the test listens"));
        let ended = told.recv_timeout(Duration::from_secs(10)).expect("it ends");
        assert!(ended.expect_err("there is none").contains("no speaker"));
    }
}
