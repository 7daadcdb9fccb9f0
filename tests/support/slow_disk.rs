// SPDX-License-Identifier: MIT
//! A disk that takes so many bytes a second and no more, or falls asleep for a while: a library between a program and
//! the system, which sleeps when a file is written. It needs no rights and no disk of its own.

use std::io::Write;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Sleeps for the bytes of each write, and once for longer; it leaves alone what is no file.
const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

ssize_t write(int file, const void *from, size_t bytes) {
    static ssize_t (*real)(int, const void *, size_t);
    static double all;
    struct stat found;
    if (!real)
        real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (fstat(file, &found) == 0 && S_ISREG(found.st_mode)) {
        double seconds = (double)bytes / BYTES_PER_SECOND;
        if (all < ASLEEP_AFTER_BYTES && all + bytes >= ASLEEP_AFTER_BYTES)
            seconds += ASLEEP_SECONDS;
        all += bytes;
        struct timespec nap = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};
        nanosleep(&nap, 0);
    }
    return real(file, from, bytes);
}
"#;

/// The library; gone when it goes out of scope.
pub struct SlowDisk {
    folder: TempDir,
}

impl SlowDisk {
    /// For so many bytes a second, or a line that says why there is none.
    pub fn of(bytes_per_second: u32) -> Option<SlowDisk> {
        SlowDisk::made([bytes_per_second, 0, 0])
    }

    /// A quick one that sleeps once, for so many seconds, when so many bytes have been written.
    pub fn asleep(after_bytes: u32, seconds: u32) -> Option<SlowDisk> {
        SlowDisk::made([u32::MAX, after_bytes, seconds])
    }

    fn made([per_second, after, seconds]: [u32; 3]) -> Option<SlowDisk> {
        let disk = SlowDisk { folder: tempfile::tempdir().expect("a folder") };
        let rate = format!("-DBYTES_PER_SECOND={per_second}.0");
        let (after, nap) = (format!("-DASLEEP_AFTER_BYTES={after}.0"), format!("-DASLEEP_SECONDS={seconds}.0"));
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-x", "c", &rate, &after, &nap, "-", "-ldl", "-o"]).arg(disk.library());
        let started = compiler.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let Ok(mut started) = started else { return skipped() };
        let mut input = started.stdin.take().expect("it was piped");
        let told = input.write_all(SOURCE.as_bytes());
        drop(input);
        let made = started.wait().is_ok_and(|status| status.success());
        if told.is_ok() && made { Some(disk) } else { skipped() }
    }

    /// All that this program writes goes there.
    pub fn under(&self, program: &mut Command) {
        program.env("LD_PRELOAD", self.library());
    }

    fn library(&self) -> std::path::PathBuf {
        self.folder.path().join("slow.so")
    }
}

fn skipped() -> Option<SlowDisk> {
    println!("SKIPPED: no C compiler makes a library here, so no disk can be slowed down");
    None
}
