// SPDX-License-Identifier: MIT
//! The machine that the tests share: some want it calm, some make it busy, and not at the same time.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

static MACHINE: RwLock<()> = RwLock::new(());

/// Nobody makes the machine busy on purpose while this lives.
pub fn calm() -> RwLockReadGuard<'static, ()> {
    MACHINE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Twice as many spinning processes as there are processors; they end when this goes out of scope.
#[derive(Debug)]
pub struct Busy {
    children: Vec<Child>,
    _alone: RwLockWriteGuard<'static, ()>,
}

impl Busy {
    /// Waits until nobody needs the machine calm, then starts them.
    pub fn begin() -> Busy {
        let alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
        let count = 2 * std::thread::available_parallelism().map_or(1, usize::from);
        let spin = || Command::new("sh").args(["-c", "while :; do :; done"]).stdin(Stdio::null()).spawn();
        let children = (0..count).map(|_| spin().expect("a shell")).collect();
        Busy { children, _alone: alone }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.children {
            // Our own, and spinning until now.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Whatever else runs goes before the calling thread: for tests that only calculate, beside others that keep time.
pub fn step_back() {
    // SAFETY: a plain system call on the calling thread; being refused changes nothing.
    #[cfg(target_os = "linux")]
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, libc::gettid() as libc::id_t, 19);
    }
}

/// How long ordinary programs had to wait for a processor while this lived: audio graphs without real-time rights
/// lose sound when that is longer than their cycle.
#[derive(Debug)]
pub struct Waits {
    longest_us: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Waits {
    /// Begins to watch.
    pub fn watch() -> Waits {
        let (longest_us, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (longest, end) = (longest_us.clone(), over.clone());
        std::thread::spawn(move || {
            let nap = Duration::from_millis(2);
            while !end.load(Ordering::Relaxed) {
                let lay_down = Instant::now();
                // The nap itself is what is measured: by how much it is too long.
                std::thread::sleep(nap);
                let late = lay_down.elapsed().saturating_sub(nap);
                longest.fetch_max(late.as_micros() as u64, Ordering::Relaxed);
            }
        });
        Waits { longest_us, over }
    }

    /// The longest until now.
    pub fn longest(&self) -> Duration {
        Duration::from_micros(self.longest_us.load(Ordering::Relaxed))
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// A folder of pipeline texts, `name` among them with `from` replaced by `to`: for `HYPERZOOM_PIPELINES`.
pub fn overridden(name: &str, from: &str, to: &str) -> tempfile::TempDir {
    all_overridden(&[(name, from, to)])
}

/// The same with several texts.
pub fn all_overridden(texts: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, from, to) in texts {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines").join(name));
        let text = text.expect("it is part of the sources");
        assert!(text.contains(from), "{name} holds no {from}");
        std::fs::write(folder.path().join(name), text.replace(from, to)).expect("written");
    }
    folder
}
