// SPDX-License-Identifier: MIT
//! A network namespace without a name: nothing outside sees it, and the system takes it back when the last process
//! in it ends, however the test ends.

use super::internet::tun;
use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};
use std::thread;

/// A network of its own.
#[derive(Debug)]
pub struct Namespace {
    handle: OwnedFd,
}

impl Namespace {
    /// Has a network everything that a router needs?
    pub fn complete() -> io::Result<()> {
        const MASQUERADE: &str = "add table inet trial; \
            add chain inet trial out { type nat hook postrouting priority 100; }; add rule inet trial out masquerade";
        let namespace = Namespace::bare()?;
        namespace.inside(tun)?;
        let output = namespace.command("nft").arg(MASQUERADE).output()?;
        let bridge = namespace.command("ip").args(["link", "add", "lan", "type", "bridge"]).output()?;
        let failed = [output, bridge].into_iter().find(|output| !output.status.success());
        failed.map_or(Ok(()), |output| {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(io::Error::other(said.lines().next().unwrap_or("no reason was given").to_owned()))
        })
    }

    /// An empty network whose loopback is up.
    pub fn new() -> io::Result<Namespace> {
        let namespace = Namespace::bare()?;
        namespace.ip("link set lo up");
        Ok(namespace)
    }

    /// A network with nothing in it, if we may.
    pub fn bare() -> io::Result<Namespace> {
        let made = thread::spawn(|| {
            // SAFETY: changes this thread alone.
            check(unsafe { libc::unshare(libc::CLONE_NEWNET) })?;
            File::open("/proc/thread-self/ns/net")
        });
        let handle = made.join().expect("a thread that only opens")?.into();
        Ok(Namespace { handle })
    }

    /// Does something on a thread that lives in this network; threads that it starts live there too.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let handle = self.handle.as_raw_fd();
        thread::scope(|scope| {
            let done = scope.spawn(move || {
                enter(handle).expect("a namespace that we made");
                work()
            });
            done.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// A program of this network, as `ip netns exec` would start it; it ends with the thread that starts it.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let handle = self.handle.as_raw_fd();
        let mut command = Command::new(program);
        // SAFETY: system calls only, on values that were made before the fork.
        unsafe {
            command.pre_exec(move || {
                enter(handle)?;
                own_sysfs();
                check(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))
            })
        };
        command
    }

    /// Runs `ip` with each line, and insists.
    #[track_caller]
    pub fn ip(&self, lines: &str) {
        self.feed("ip", &["-batch", "-"], lines);
    }

    /// Loads a ruleset of nftables, and insists.
    #[track_caller]
    pub fn nft(&self, rules: &str) {
        self.feed("nft", &["-f", "-"], rules);
    }

    /// What a program says, if it ends well.
    #[track_caller]
    pub fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output().expect("a tool that was looked for");
        insist(program, &output);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// How other tools may name it while it lives.
    pub fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.handle.as_raw_fd())
    }

    #[track_caller]
    fn feed(&self, program: &str, arguments: &[&str], text: &str) {
        let mut command = self.command(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("a tool that was looked for");
        child.stdin.take().expect("it was piped").write_all(text.as_bytes()).expect("it reads what it is told");
        insist(text, &child.wait_with_output().expect("our own child"));
    }
}

#[track_caller]
fn insist(what: &str, output: &Output) {
    assert!(output.status.success(), "{what}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn enter(handle: RawFd) -> io::Result<()> {
    // SAFETY: a valid handle; changes the calling thread alone.
    check(unsafe { libc::setns(handle, libc::CLONE_NEWNET) })
}

/// `/sys/class/net` shows the network of whoever mounted it.
fn own_sysfs() {
    const NONE: &CStr = c"none";
    const SYS: &CStr = c"/sys";
    const SYSFS: &CStr = c"sysfs";
    // SAFETY: constant strings; a failure leaves the old view, which only few programs ask.
    unsafe {
        if libc::unshare(libc::CLONE_NEWNS) == 0 {
            let private = libc::MS_REC | libc::MS_SLAVE;
            libc::mount(NONE.as_ptr(), c"/".as_ptr(), std::ptr::null(), private, std::ptr::null());
            libc::umount2(SYS.as_ptr(), libc::MNT_DETACH);
            libc::mount(NONE.as_ptr(), SYS.as_ptr(), SYSFS.as_ptr(), 0, std::ptr::null());
        }
    }
}

fn check(answer: libc::c_int) -> io::Result<()> {
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
