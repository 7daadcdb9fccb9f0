// SPDX-License-Identifier: MIT
//! The machine does not go to sleep while a recording runs.
//!
//! The system's own helper is held by a pipe: it waits for its input to end, so the machine may sleep again when
//! the guard is dropped and just as well when this program is killed.

#[cfg(unix)]
use std::io::Read;
#[cfg(unix)]
use std::os::unix::process::CommandExt;
#[cfg(unix)]
use std::process::{Child, Command, Stdio};
#[cfg(unix)]
use std::sync::mpsc::channel;
#[cfg(unix)]
use std::time::Duration;

/// The helper ends within a moment, or is left to itself.
#[cfg(unix)]
const GOODBYE: Duration = Duration::from_secs(1);
/// What the helper says once it runs, which is once the system has granted the lock.
#[cfg(unix)]
const GRANTED: &str = "held";
/// Says so, then waits for its input to end.
#[cfg(unix)]
const HELPER: &str = "printf held; exec cat >/dev/null";

/// The guard.
#[derive(Debug, Default)]
pub struct Awake {
    #[cfg(unix)]
    helper: Option<Child>,
}

#[cfg(unix)]
impl Awake {
    /// Asks the system to stay awake; `Err` says in words why it may not.
    pub fn keep() -> Result<Awake, String> {
        let (program, arguments): (&str, &[&str]) = match cfg!(target_os = "macos") {
            true => ("caffeinate", &["-i", "-m", "sh", "-c", HELPER]),
            false => (
                "systemd-inhibit",
                &[
                    "--what=idle:sleep",
                    "--who=HyperZoom",
                    "--why=A recording is running",
                    "--mode=block",
                    "sh",
                    "-c",
                    HELPER,
                ],
            ),
        };
        let spawned = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal is for us: the machine stays awake until the file is finished.
            .process_group(0)
            .spawn();
        match spawned {
            Ok(helper) => Ok(Awake { helper: Some(helper) }),
            Err(e) => Err(format!("{program} does not start: {e}")),
        }
    }

    /// Waits for the system's answer: the helper speaks once it is granted, and ends if it is not.
    pub fn is_granted(&mut self) -> bool {
        let answer = self.helper.as_mut().and_then(|h| h.stdout.as_mut());
        answer.is_some_and(|out| out.read_exact(&mut [0; GRANTED.len()]).is_ok())
    }

    /// Whether the system still keeps its promise: the helper ends at once where it was refused.
    pub fn holds(&mut self) -> bool {
        self.helper.as_mut().is_some_and(|h| matches!(h.try_wait(), Ok(None)))
    }
}

#[cfg(unix)]
impl Drop for Awake {
    fn drop(&mut self) {
        if let Some(mut helper) = self.helper.take() {
            drop(helper.stdin.take());
            // It ends by itself; one that hangs in a question to the system is not waited for.
            let (over, ended) = channel();
            std::thread::spawn(move || {
                let _ = over.send(helper.wait());
            });
            if ended.recv_timeout(GOODBYE).is_err() {
                tracing::debug!("the helper that keeps the machine awake does not end yet");
            }
        }
    }
}

#[cfg(windows)]
impl Awake {
    /// Asks the system to stay awake.
    pub fn keep() -> Result<Awake, String> {
        set(ES_CONTINUOUS | ES_SYSTEM_REQUIRED);
        Ok(Awake {})
    }

    /// The system grants it at once.
    pub fn is_granted(&mut self) -> bool {
        true
    }

    /// The system has no way to take it back.
    pub fn holds(&mut self) -> bool {
        true
    }
}

#[cfg(windows)]
const ES_CONTINUOUS: u32 = 0x8000_0000;
#[cfg(windows)]
const ES_SYSTEM_REQUIRED: u32 = 0x0000_0001;

#[cfg(windows)]
fn set(state: u32) {
    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn SetThreadExecutionState(state: u32) -> u32;
    }
    // SAFETY: a plain system call on the calling thread.
    unsafe { SetThreadExecutionState(state) };
}

#[cfg(windows)]
impl Drop for Awake {
    fn drop(&mut self) {
        set(ES_CONTINUOUS);
    }
}
