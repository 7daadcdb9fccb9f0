// SPDX-License-Identifier: MIT
//! The room of a call that is listened to: a private graph with a microphone and a speaker a person.

use super::chirps::{Lags, chirps, write_wav};
use super::pipewire::{Microphone, PipeWire, Speaker, Tape};
use super::program::Program;
use super::talk::{await_voices, guest, host};

const NAMES: [&str; 4] = ["host", "guest", "guest-2", "guest-3"];
const MICROPHONES: [&str; 4] = ["mic", "mic-1", "mic-2", "mic-3"];
const SPEAKERS: [&str; 4] = ["spk", "spk-1", "spk-2", "spk-3"];

/// Everybody settles for so long before anything counts.
pub const SETTLING_S: f64 = 6.0;
/// So much is measured then.
pub const MEASURED_S: f64 = 12.0;

/// The guard of the devices. The host speaks, the last guest listens.
pub struct Room<'a> {
    graph: &'a PipeWire,
    /// In the order of the people, the host's first.
    pub microphones: Vec<Microphone<'a>>,
    /// In the same order.
    pub speakers: Vec<Speaker<'a>>,
}

impl<'a> Room<'a> {
    /// Furnishes one for so many.
    pub fn of(graph: &'a PipeWire, people: usize) -> Room<'a> {
        let microphones = MICROPHONES[..people].iter().map(|name| Microphone::plug_in(graph, name, 1)).collect();
        let speakers = SPEAKERS[..people].iter().map(|name| Speaker::plug_in(graph, name)).collect();
        Room { graph, microphones, speakers }
    }

    /// Opens a call of everybody, and returns when voice comes from all to all; the host is the first.
    pub fn call(&self, more: &[&str]) -> Vec<Program> {
        let (host, invite) = self.open(more);
        let mut people = vec![host];
        people.extend((1..self.speakers.len()).map(|place| self.come_in(place, &invite, more)));
        let others = people.len() - 1;
        people.iter_mut().for_each(|program| await_voices(program, others));
        people
    }

    /// The host alone, and its invite.
    pub fn open(&self, more: &[&str]) -> (Program, String) {
        host(self.graph, MICROPHONES[0], SPEAKERS[0], more)
    }

    /// A guest on that place.
    pub fn come_in(&self, place: usize, invite: &str, more: &[&str]) -> Program {
        guest(self.graph, invite, NAMES[place], MICROPHONES[place], SPEAKERS[place], more)
    }

    /// Plays into the host's microphone.
    pub fn speak(&mut self, sound: &[f32]) {
        let file = write_wav(&self.graph.folder().join("spoken.wav"), 48_000, sound);
        self.microphones[0].play(&file);
    }

    /// Tapes the host's microphone, and the last one's speaker.
    pub fn tape(&self) -> Tape<'a> {
        let ear = self.speakers.last().expect("somebody").monitor();
        Tape::roll(self.graph, &["mic:capture_AUX0", &ear])
    }

    /// How far the ear lies behind the mouth, once everything has settled.
    pub fn lags(&mut self) -> Lags {
        let tape = self.tape();
        self.speak(&chirps((SETTLING_S + MEASURED_S) as usize + 4));
        tape.roll_on(SETTLING_S);
        let settled = tape.len();
        tape.roll_on(MEASURED_S);
        let tracks = tape.tracks();
        Lags::of(&tracks[0][settled..], &tracks[1][settled..])
    }
}
