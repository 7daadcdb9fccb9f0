// SPDX-License-Identifier: MIT
//! Our program as a person or another program runs it: arguments in, JSON events and an exit code out, signals
//! and death by process number in between.

use hyperzoom::media;
use hyperzoom::words::Mono;
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Longer than this nothing takes, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The options that record the rulers.
pub const RULERS: [&str; 5] = ["--camera", "test:640x360", "--mic", "test", "--json"];

/// The program, not started yet.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hyperzoom"));
    command.env_remove("HYPERZOOM_LOG").env_remove("HYPERZOOM_PIPELINES").stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub fn run(arguments: &[&dyn AsRef<OsStr>]) -> Output {
    command().args(arguments.iter().map(|a| a.as_ref())).output().expect("our program starts")
}

/// `record` of the rulers into session folders under `home`.
pub fn record_under(home: &Path) -> Command {
    let mut command = command();
    command.arg("record").args(RULERS).arg("--recordings").arg(home);
    command
}

/// A running program; killed when it goes out of scope.
#[derive(Debug)]
pub struct Program {
    child: Child,
    lines: Receiver<String>,
    errors: Option<JoinHandle<String>>,
    /// What it has told until now.
    pub events: Vec<Value>,
}

/// What became of it.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// The signal.
    pub signal: Option<i32>,
    /// Everything it told.
    pub events: Vec<Value>,
    /// What it said to people.
    pub errors: String,
}

impl Program {
    /// Starts it, with its standard output read as events.
    pub fn start(mut command: Command) -> Program {
        // Moments are told on its clock.
        media::start().expect("GStreamer is installed");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("our program starts");
        let out = BufReader::new(child.stdout.take().expect("it was piped"));
        let (send, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let mut from = child.stderr.take().expect("it was piped");
        let errors = std::thread::spawn(move || {
            let mut text = Vec::new();
            from.read_to_end(&mut text).expect("a pipe");
            String::from_utf8_lossy(&text).into_owned()
        });
        Program { child, lines, errors: Some(errors), events: Vec::new() }
    }

    /// Waits for the next event of that name, and returns it.
    #[track_caller]
    pub fn await_event(&mut self, name: &str) -> Value {
        self.await_that(name, |event| event["event"] == name)
    }

    /// Waits for the next event for which `wanted` holds.
    #[track_caller]
    pub fn await_that(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let event = parsed(&line);
                    self.events.push(event.clone());
                    if wanted(&event) {
                        return event;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no {what} came; there were {:#?}", self.events),
                Err(RecvTimeoutError::Disconnected) => {
                    let errors = self.errors.take().map(|e| e.join().expect("a reader")).unwrap_or_default();
                    panic!("it ended without {what}; it told {:#?} and said {errors}", self.events)
                }
            }
        }
    }

    /// Takes note of what it has told until now, so that what is awaited next is new.
    pub fn catch_up(&mut self) {
        self.events.extend(self.lines.try_iter().map(|line| parsed(&line)));
    }

    /// Answers it, where its standard input was piped.
    pub fn answer(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().expect("it was piped");
        writeln!(input, "{line}").expect("it still listens");
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: i32) {
        // SAFETY: our own child, which is not waited for yet, so the number is still its own.
        let sent = unsafe { libc::kill(self.child.id() as libc::pid_t, signal) };
        assert_eq!(sent, 0, "{}", std::io::Error::last_os_error());
    }

    /// Ends it like a power cut would; answers when that was.
    pub fn kill(mut self) -> Mono {
        let at = media::now();
        self.child.kill().expect("our own child");
        self.child.wait().expect("our own child");
        at
    }

    /// Waits for it to end by itself.
    #[track_caller]
    pub fn end(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.events.push(parsed(&line)),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end; it told {:#?}", self.events),
            }
        }
        let status = self.child.wait().expect("our own child");
        let errors = self.errors.take().expect("taken once").join().expect("a reader");
        Ended { code: status.code(), signal: status.signal(), events: std::mem::take(&mut self.events), errors }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}"))
}

/// The file that an event names.
pub fn file(event: &Value) -> PathBuf {
    PathBuf::from(event["file"].as_str().expect("it names a file"))
}

impl Ended {
    /// The last event, which must be `recording-finished`.
    #[track_caller]
    pub fn finished(&self) -> &Value {
        let last = self.events.last().unwrap_or_else(|| panic!("it told nothing, and said {}", self.errors));
        assert_eq!(last["event"], "recording-finished", "{}", self.errors);
        last
    }

    /// The warning of that kind, if it was given.
    pub fn warning(&self, kind: &str) -> Option<&Value> {
        self.events.iter().find(|e| e["event"] == "warning" && e["kind"] == kind)
    }

    /// Panics unless it failed with exit 1 and exactly one sentence; returns that.
    #[track_caller]
    pub fn refusal(&self) -> String {
        one_sentence(self.code, &self.errors)
    }
}

/// Panics unless a program ended with exit 1 and exactly one sentence of ours; returns that.
#[track_caller]
pub fn one_sentence(code: Option<i32>, errors: &str) -> String {
    assert_eq!(code, Some(1), "{errors}");
    let ours: Vec<&str> = errors.lines().filter_map(|line| line.strip_prefix("hyperzoom: ")).collect();
    assert_eq!(ours.len(), 1, "one sentence, not: {errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    ours[0].to_owned()
}

/// Waits until `true`, for things that tell of themselves in no event.
#[track_caller]
pub fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sleeps until a moment of the machine's clock: where the moment itself is what is tested.
pub fn sleep_until(at: Mono) {
    std::thread::sleep(Duration::from_nanos(at.since(media::now()).max(0) as u64));
}
