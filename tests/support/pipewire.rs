// SPDX-License-Identifier: MIT
//! A private sound and camera graph: real PipeWire, real session manager, real links, and no hardware.
//!
//! ```text
//!   pw-cat --(ports linked by hand)--> virtual microphone --(linked by the session manager)--> our program
//!   rulervideosrc --(pipe)--> gst-launch ------> camera node --(linked by the session manager)--> our program
//! ```
//!
//! The daemons have a folder, a bus and a home of their own; nothing outside is seen or touched by them, and
//! nothing of this machine's devices is seen by them. Everything is ended by the guard that began it.

mod camera;
mod daemon;
mod microphone;
mod speaker;
mod tape;

pub use camera::{Camera, Shape};
pub use daemon::Daemon;
pub use microphone::{Microphone, play_file};
pub use speaker::Speaker;
pub use tape::Tape;

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLockReadGuard};
use std::time::Duration;

use super::machine::{Waits, calm};
use super::program::{self, wait_until};

/// What has to be installed; where something lacks, the tests that need it say so and are passed over.
const PROGRAMS: [&str; 9] =
    ["dbus-daemon", "pipewire", "wireplumber", "pipewire-pulse", "pactl", "pw-cat", "pw-cli", "pw-link", "pw-metadata"];

/// For the session manager: leave this machine's own devices alone (old syntax, then new).
const NO_HARDWARE_LUA: &str = "alsa_monitor.enabled = false\nv4l2_monitor.enabled = false\n\
                               libcamera_monitor.enabled = false\n";
const NO_HARDWARE_CONF: &str = "wireplumber.profiles = { main = { monitor.alsa = disabled, monitor.alsa-midi = disabled,\
                                monitor.v4l2 = disabled, monitor.libcamera = disabled, monitor.bluez = disabled,\
                                monitor.bluez-midi = disabled } }\n";

/// The guard.
pub struct PipeWire {
    /// In the order in which they end: what depends on others first.
    daemons: Vec<(&'static str, Daemon)>,
    home: tempfile::TempDir,
    /// Our programs see a Pulse server, and no more.
    as_pulse: AtomicBool,
    /// One graph at a time: several of them on a small machine are late by themselves.
    _turn: MutexGuard<'static, ()>,
    /// A virtual device's clock stands still where its daemon does not get to run.
    _calm: RwLockReadGuard<'static, ()>,
    waits: Waits,
}

/// Half of the graph's usual cycle: whoever waits so long for a processor may come too late for it.
const WAIT_MAX: Duration = Duration::from_millis(10);

static TURN: Mutex<()> = Mutex::new(());

impl PipeWire {
    /// Starts one, or says what lacks.
    pub fn start() -> Option<PipeWire> {
        let lacking: Vec<&str> = PROGRAMS.into_iter().filter(|p| !is_installed(p)).collect();
        if !lacking.is_empty() {
            eprintln!("passed over: this machine lacks {}", lacking.join(", "));
            return None;
        }
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        hyperzoom::media::start().expect("GStreamer is installed");
        let home = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(home.path(), PermissionsExt::from_mode(0o700)).expect("our own folder");
        for (folder, name, text) in
            [("main.lua.d", "51-no-hardware.lua", NO_HARDWARE_LUA), ("wireplumber.conf.d", "51.conf", NO_HARDWARE_CONF)]
        {
            let folder = home.path().join("config/wireplumber").join(folder);
            std::fs::create_dir_all(&folder).expect("our own folder");
            std::fs::write(folder.join(name), text).expect("our own folder");
        }
        let mut graph = PipeWire {
            daemons: Vec::new(),
            home,
            as_pulse: AtomicBool::new(false),
            _turn: turn,
            _calm: calm(),
            waits: Waits::watch(),
        };
        let bus = format!("--address=unix:path={}/bus", graph.folder().display());
        graph.run_daemon("dbus-daemon", &["--session", "--nofork", &bus]);
        wait_until("the bus", || graph.folder().join("bus").exists());
        for name in ["pipewire", "wireplumber", "pipewire-pulse"] {
            graph.run_daemon(name, &[]);
            match name {
                "pipewire" => wait_until("PipeWire", || graph.folder().join("pipewire-0").exists()),
                "wireplumber" => {
                    wait_until("WirePlumber", || graph.said("pw-cli", &["ls", "Client"]).contains("WirePlumber"))
                }
                _ => wait_until("the Pulse server", || graph.said("pactl", &["info"]).contains("Server Name")),
            }
        }
        Some(graph)
    }

    /// Whether its programs had to wait for a processor so long that the graph itself may have lost something: then
    /// nothing can be said of whoever records from it. Says so in one line.
    pub fn was_starved(&self) -> bool {
        let longest = self.waits.longest();
        if longest > WAIT_MAX {
            eprintln!("passed over in part: this machine kept the audio graph waiting for {longest:.1?}");
        }
        longest > WAIT_MAX
    }

    fn run_daemon(&mut self, name: &'static str, arguments: &[&str]) {
        let log = self.folder().join(format!("{name}.log"));
        let daemon = Daemon::start(self.command(name).args(arguments), Some(&log));
        self.daemons.insert(0, (name, daemon));
    }

    /// Sends the sound server a signal: it can hang, or die.
    pub fn signal(&self, signal: i32) {
        let server = self.daemons.iter().find(|(name, _)| *name == "pipewire");
        server.expect("it was started").1.signal(signal);
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.home.path()
    }

    /// A program inside.
    pub fn command(&self, name: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(name);
        self.move_in(&mut command);
        command
    }

    /// A program that runs inside until the guard is dropped.
    pub fn beside(&self, command: &mut Command, name: &str) -> Daemon {
        Daemon::start(command, Some(&self.folder().join(format!("{name}.log"))))
    }

    /// Every cycle of the graph has so many samples from now on; none leaves that to whoever asks for the shortest.
    pub fn force_quantum(&self, samples: Option<u32>) {
        let samples = samples.unwrap_or(0).to_string();
        self.said("pw-metadata", &["-n", "settings", "0", "clock.force-quantum", &samples]);
    }

    /// Our program inside.
    pub fn hyperzoom(&self) -> Command {
        let mut command = program::command();
        self.move_in(&mut command);
        if self.as_pulse.load(Ordering::Relaxed) {
            command.env("PIPEWIRE_REMOTE", "nowhere");
        }
        command
    }

    /// A program that is at home elsewhere finds its devices here.
    pub fn lend(&self, command: &mut Command) {
        command.env("PIPEWIRE_RUNTIME_DIR", self.folder());
        command.env("PULSE_SERVER", format!("unix:{}/pulse/native", self.folder().display()));
    }

    /// Our programs that are started from now on see a Pulse server, and no more: another way in and out.
    pub fn show_as_pulse(&self) {
        self.as_pulse.store(true, Ordering::Relaxed);
    }

    fn move_in(&self, command: &mut Command) {
        let folder = self.folder();
        command
            .env("HOME", folder)
            .env("XDG_RUNTIME_DIR", folder)
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .env("XDG_STATE_HOME", folder.join("state"))
            .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}/bus", folder.display()))
            .env("PULSE_SERVER", format!("unix:{}/pulse/native", folder.display()))
            .env_remove("PIPEWIRE_REMOTE")
            .env_remove("PIPEWIRE_RUNTIME_DIR");
    }

    /// What a tool inside prints.
    pub fn said(&self, name: &str, arguments: &[&str]) -> String {
        let output = self.command(name).args(arguments).output().expect("it is installed");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Whether a node of that name is there.
    pub fn has_node(&self, name: &str) -> bool {
        self.said("pw-cli", &["ls", "Node"]).contains(&format!("node.name = \"{name}\""))
    }

    /// Takes the first node of that name out of the graph, as a session manager may.
    pub fn destroy_node(&self, name: &str) {
        let nodes = self.said("pw-cli", &["ls", "Node"]);
        let (until, _) = nodes.split_once(&format!("node.name = \"{name}\"")).expect("it is in the graph");
        let id = until.rsplit("id ").find_map(|after| after.split_once(", type")).expect("nodes have ids").0;
        self.said("pw-cli", &["destroy", id]);
    }
}

/// Whether a program can be started.
pub fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
