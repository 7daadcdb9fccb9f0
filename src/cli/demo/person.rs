// SPDX-License-Identifier: MIT
//! One participant of a demo: this program once more, watched through its own events.

use anyhow::{Context, bail};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

/// What a demo wants to know of what a participant says.
#[derive(Clone, Debug)]
pub enum Heard {
    /// How to come in.
    Invite(String),
    /// In.
    Joined {
        /// From asking to being in.
        took_ms: u64,
    },
    /// The recording has begun.
    Recording,
    /// The figures of a second.
    Stats(Value),
    /// The recording is finished.
    Finished(Value),
    /// It can't go on.
    Error(String),
    /// Anything else.
    Other,
}

/// The guard: the program is ended when it goes out of scope.
#[derive(Debug)]
pub struct Person {
    /// As the others call them.
    pub name: String,
    /// Everything of note that was said.
    pub heard: Vec<Heard>,
    child: Child,
    lines: Receiver<Heard>,
    seen: usize,
}

impl Person {
    /// Starts this program with `command` and `words`.
    pub fn start(name: &str, words: &[String], command: &[&str]) -> anyhow::Result<Person> {
        let program = std::env::current_exe().context("this program does not find itself")?;
        let mut child = Command::new(program)
            .args(command)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{name} can't be started"))?;
        let out = child.stdout.take().context("the pipe that was asked for is missing")?;
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let heard = serde_json::from_str(&line).map_or(Heard::Other, read);
                if tell.send(heard).is_err() {
                    return;
                }
            }
        });
        Ok(Person { name: name.to_owned(), heard: Vec::new(), child, lines, seen: 0 })
    }

    /// Waits for the first event, since the last one that was waited for, that `wanted` knows.
    pub fn await_event<T>(&mut self, limit: Instant, wanted: impl Fn(&Heard) -> Option<T>) -> anyhow::Result<T> {
        loop {
            while let Some(heard) = self.heard.get(self.seen) {
                self.seen += 1;
                if let Heard::Error(why) = heard {
                    bail!("{}: {why}", self.name);
                }
                if let Some(found) = wanted(heard) {
                    return Ok(found);
                }
            }
            match self.lines.recv_timeout(limit.saturating_duration_since(Instant::now())) {
                Ok(heard) => self.heard.push(heard),
                Err(RecvTimeoutError::Timeout) => bail!("{} took too long", self.name),
                Err(RecvTimeoutError::Disconnected) => {
                    let words = self.last_words();
                    bail!("{} has ended: {words}", self.name);
                }
            }
        }
    }

    /// Asks it to leave, as a person at its keyboard would.
    pub fn leave(&mut self) {
        if let Some(keyboard) = &mut self.child.stdin {
            // Who has left already reads no more.
            let _ = keyboard.write_all(b"leave\n");
        }
    }

    fn last_words(&mut self) -> String {
        let mut words = String::new();
        if let Some(mut errors) = self.child.stderr.take() {
            // What can't be read is not told.
            let _ = errors.read_to_string(&mut words);
        }
        words.trim().lines().last().unwrap_or_default().to_owned()
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // One that has not ended by itself, after an error of another.
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn read(value: Value) -> Heard {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    match value["event"].as_str().unwrap_or_default() {
        "invite" => Heard::Invite(text("invite")),
        "joined" => Heard::Joined { took_ms: value["took_ms"].as_u64().unwrap_or(0) },
        "recording-started" => Heard::Recording,
        "recording-finished" => Heard::Finished(value),
        "stats" => Heard::Stats(value),
        "error" => Heard::Error(text("message")),
        _ => Heard::Other,
    }
}
