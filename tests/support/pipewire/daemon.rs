// SPDX-License-Identifier: MIT
//! A program that runs beside a test.

use std::fs::File;
use std::os::fd::IntoRawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The guard: ended politely, then not.
pub struct Daemon(Child);

impl Daemon {
    /// Starts it with a pipe to its standard input, whose other end is given back and is whoever's it is given to.
    pub fn start_fed(command: &mut Command, log: &Path) -> (Daemon, i32) {
        let out = File::create(log).expect("our own folder");
        let copy = out.try_clone().expect("a file");
        end_with_us(command);
        let child = command.stdin(Stdio::piped()).stdout(out).stderr(copy).spawn();
        let mut child = child.unwrap_or_else(|e| panic!("{:?}: {e}", command.get_program()));
        let input = child.stdin.take().expect("it was piped");
        (Daemon(child), input.into_raw_fd())
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: i32) {
        // SAFETY: our own child, which is not waited for yet, so the number is still its own.
        unsafe { libc::kill(self.0.id() as libc::pid_t, signal) };
    }

    /// Starts it, with what it says in a file or nowhere.
    pub fn start(command: &mut Command, log: Option<&Path>) -> Daemon {
        let out = || log.map_or_else(Stdio::null, |path| File::create(path).expect("our own folder").into());
        end_with_us(command);
        let child = command.stdin(Stdio::null()).stdout(out()).stderr(out()).spawn();
        Daemon(child.unwrap_or_else(|e| panic!("{:?}: {e}", command.get_program())))
    }
}

/// A test that crashes drops nothing; its children end all the same.
fn end_with_us(command: &mut Command) {
    let ask = || {
        // SAFETY: a plain system call in the child before it becomes another program.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        Ok(())
    };
    // SAFETY: `ask` only makes a system call.
    unsafe { command.pre_exec(ask) };
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.signal(libc::SIGTERM);
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(2);
        while std::time::Instant::now() < deadline {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
