// SPDX-License-Identifier: MIT
//! A single thread of another program that hangs, while all its others run on.

use super::program::Program;
use std::path::Path;

/// The thread goes on when this goes out of scope; by the test's own thread, as the system wants it.
#[derive(Debug)]
pub struct Hung(libc::pid_t);

impl Hung {
    /// Stops the first thread of that name; says so in one line where that is forbidden here.
    pub fn thread(program: &Program, name: &str) -> Option<Hung> {
        let id = thread_of(program.id(), name).expect("it runs");
        // SAFETY: it is a thread of our own child, and no memory of ours is passed.
        let seized = unsafe { libc::ptrace(libc::PTRACE_SEIZE, id, 0, 0) };
        if seized != 0 {
            eprintln!("passed over: this machine lets nobody stop a thread: {}", std::io::Error::last_os_error());
            return None;
        }
        let hung = Hung(id);
        // SAFETY: as above; the wait returns as soon as the thread has stopped.
        let stopped = unsafe {
            libc::ptrace(libc::PTRACE_INTERRUPT, id, 0, 0) == 0
                && libc::waitpid(id, std::ptr::null_mut(), libc::__WALL) == id
        };
        assert!(stopped, "{name} does not stop: {}", std::io::Error::last_os_error());
        Some(hung)
    }
}

impl Drop for Hung {
    fn drop(&mut self) {
        // SAFETY: it was seized by this thread; if it has died meanwhile, nothing happens.
        unsafe { libc::ptrace(libc::PTRACE_DETACH, self.0, 0, 0) };
    }
}

fn thread_of(program: u32, name: &str) -> Option<libc::pid_t> {
    let threads = std::fs::read_dir(format!("/proc/{program}/task")).ok()?;
    let named = |path: &Path| std::fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim_end() == name);
    let thread = threads.flatten().map(|thread| thread.path()).find(|path| named(path))?;
    thread.file_name()?.to_str()?.parse().ok()
}
