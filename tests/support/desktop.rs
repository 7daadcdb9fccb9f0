// SPDX-License-Identifier: MIT
//! A desktop of our own: a screen that nobody sees, a session bus, and somebody who reads and uses windows through the
//! accessibility tree, as a blind person's machine does.
//!
//! Everything has a folder and a home of its own, and is ended by the guard that began it.

mod keys;

use super::pipewire::Daemon;
use super::program::{self, wait_until};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// What has to be installed besides the reader's `gi`; where something lacks, tests say so and are passed over.
const PROGRAMS: [&str; 2] = ["Xvfb", "dbus-daemon"];

/// The system's own: a Python of somebody's would not know the accessibility library.
pub const PYTHON: &str = "/usr/bin/python3";

/// The guard.
pub struct Desktop {
    reader: RefCell<Reader>,
    _bus: Daemon,
    _screen: Screen,
    home: tempfile::TempDir,
    display: String,
}

/// Ended before another one begins, or begun before another one ends: a screen that ends takes the socket of its
/// number away, whoever has that number by then.
static SCREENS: Mutex<()> = Mutex::new(());

struct Screen(Option<Daemon>);

impl Screen {
    /// Starts one under the first number that is free; answers with its name, too.
    fn start(home: &Path) -> (Screen, String) {
        let _one_at_a_time = SCREENS.lock().unwrap_or_else(PoisonError::into_inner);
        let number = home.join("display");
        // Without `-noreset` it begins anew whenever its last client goes, and whoever comes just then is turned away.
        let xvfb = "exec Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp -noreset";
        let mut screen = Command::new("sh");
        screen.arg("-c").arg(format!("{xvfb} 3>{}", number.to_string_lossy()));
        let screen = Daemon::start(&mut screen, Some(&home.join("screen.log")));
        let read = || std::fs::read_to_string(&number).unwrap_or_default();
        wait_until("the screen", || read().ends_with('\n'));
        (Screen(Some(screen)), format!(":{}", read().trim()))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _one_at_a_time = SCREENS.lock().unwrap_or_else(PoisonError::into_inner);
        self.0 = None;
    }
}

struct Reader {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// The app, running on a desktop; killed when it goes out of scope.
pub struct App<'a> {
    desktop: &'a Desktop,
    child: Child,
    /// Its name on the bus.
    pub bus: String,
    /// What it says to people.
    log: PathBuf,
}

/// What an app says of one of its widgets.
#[derive(Clone, Debug)]
pub struct Thing {
    /// What it is: "push button", "label", ...
    pub role: String,
    /// What it is called.
    pub name: String,
    /// What it is in.
    pub parent: String,
    /// Whether the keyboard reaches it.
    pub focusable: bool,
    /// Whether it is pressed.
    pub pressed: bool,
    /// Whether it is to be seen.
    pub showing: bool,
    /// Whether it may be used now.
    pub sensitive: bool,
}

impl Desktop {
    /// Begins; `None`, said aloud, where something for it is not installed.
    pub fn begin() -> Option<Desktop> {
        let lacking = PROGRAMS.iter().find(|name| !is_installed(name)).map(ToString::to_string);
        let blind = || (!can_read()).then(|| "the accessibility library's Python binding".to_owned());
        if let Some(what) = lacking.or_else(blind) {
            eprintln!("PASSED OVER: {what} is not installed");
            return None;
        }
        let home = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(home.path(), PermissionsExt::from_mode(0o700)).expect("our own folder");
        let (screen, display) = Screen::start(home.path());
        let mut bus = Command::new("dbus-daemon");
        bus.args(["--session", "--nofork"]).arg(format!("--address={}", address(home.path())));
        bus.env("XDG_RUNTIME_DIR", home.path()).env("HOME", home.path()).env("DISPLAY", &display);
        let bus = Daemon::start(&mut bus, Some(&home.path().join("bus.log")));
        wait_until("the bus", || home.path().join("bus").exists());
        let reader = RefCell::new(Reader::start(home.path(), &display));
        Some(Desktop { reader, _bus: bus, _screen: screen, home, display })
    }

    /// Where programs of this desktop are at home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The app's preferences, before it starts.
    pub fn prefer(&self, profile: Option<&str>, toml: &str) {
        let folder = self.home().join(".config/hyperzoom");
        let folder = profile.map_or(folder.clone(), |profile| folder.join("profiles").join(profile));
        std::fs::create_dir_all(&folder).expect("our own folder");
        std::fs::write(folder.join("preferences.toml"), toml).expect("our own folder");
    }

    /// Our program on this desktop, not started yet.
    pub fn command(&self) -> Command {
        let mut command = program::command();
        in_house(&mut command, self.home(), &self.display);
        command
    }

    /// Another program on this desktop, not started yet.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        in_house(&mut command, self.home(), &self.display);
        command
    }

    /// Opens the app, and waits until its window is there.
    pub fn open(&self, profile: Option<&str>, arguments: &[&str]) -> App<'_> {
        self.open_with(profile, arguments, |_| ())
    }

    /// The same, with something more in its environment.
    pub fn open_with(&self, profile: Option<&str>, arguments: &[&str], prepare: impl FnOnce(&mut Command)) -> App<'_> {
        let mut command = self.command();
        prepare(&mut command);
        if let Some(profile) = profile {
            command.args(["--profile", profile]);
        }
        let log = self.home().join(format!("app-{}.log", profile.unwrap_or("usual")));
        let errors = std::fs::File::create(&log).expect("our own folder");
        let child = command.args(arguments).stdout(Stdio::null()).stderr(errors).spawn().expect("our program starts");
        let bus = profile.map_or_else(|| BUS.to_owned(), |profile| format!("{BUS}.p_{profile}"));
        let app = App { desktop: self, child, bus, log };
        wait_until("the window", || !app.titles().is_empty());
        app
    }

    /// A picture of the whole screen, for people to look at.
    pub fn photograph(&self, to: &Path) {
        let mut import = Command::new("import");
        in_house(import.args(["-window", "root"]).arg(to), self.home(), &self.display);
        if !import.status().is_ok_and(|status| status.success()) {
            eprintln!("no picture of the screen: ImageMagick is not installed");
        }
    }

    fn ask(&self, order: &Value) -> Value {
        let mut reader = self.reader.borrow_mut();
        loop {
            writeln!(reader.orders, "{order}").expect("the reader lives");
            let mut line = String::new();
            reader.answers.read_line(&mut line).expect("the reader lives");
            let answer: Value = serde_json::from_str(&line).expect("the reader answers in JSON");
            if answer.get("again").is_none() {
                return answer;
            }
        }
    }
}

/// Our program's name on the bus.
const BUS: &str = "com.hyperzoom.HyperZoom";

fn address(home: &Path) -> String {
    format!("unix:path={}", home.join("bus").display())
}

fn in_house(command: &mut Command, home: &Path, display: &str) {
    command.env("XDG_RUNTIME_DIR", home).env("HOME", home).env("DISPLAY", display).env("LANG", "C.UTF-8");
    command.env("DBUS_SESSION_BUS_ADDRESS", address(home));
    for variable in ["GTK_A11Y", "LANGUAGE", "LC_ALL", "WAYLAND_DISPLAY", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env_remove(variable);
    }
}

fn is_installed(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

fn can_read() -> bool {
    let try_it = "import gi; gi.require_version('Atspi', '2.0')";
    let tried = Command::new(PYTHON).args(["-c", try_it]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

impl Reader {
    fn start(home: &Path, display: &str) -> Reader {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/support/desktop/reader.py");
        let mut command = Command::new(PYTHON);
        in_house(command.args(["-W", "ignore"]).arg(script), home, display);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python starts");
        let orders = child.stdin.take().expect("it was piped");
        let answers = BufReader::new(child.stdout.take().expect("it was piped"));
        Reader { child, orders, answers }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl App<'_> {
    /// The titles of its windows: where a person is.
    pub fn titles(&self) -> Vec<String> {
        let titles = self.desktop.ask(&json!({ "do": "titles", "pid": self.child.id() }));
        titles.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Waits until a page is there.
    #[track_caller]
    pub fn comes_to(&self, title: &str) {
        wait_until(&format!("the page '{title}'"), || self.titles().iter().any(|shown| shown.starts_with(title)));
    }

    /// All that is in its windows.
    pub fn things(&self) -> Vec<Thing> {
        let things = self.desktop.ask(&json!({ "do": "things", "pid": self.child.id() }));
        let thing = |value: &Value| {
            let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
            let is = |key: &str| value[key].as_bool().unwrap_or_default();
            Thing {
                role: text("role"),
                name: text("name"),
                parent: text("parent"),
                focusable: is("focusable"),
                pressed: is("pressed"),
                showing: is("showing"),
                sensitive: is("sensitive"),
            }
        };
        things.as_array().into_iter().flatten().map(thing).collect()
    }

    /// Waits until something says that among other things.
    #[track_caller]
    pub fn says(&self, words: &str) -> String {
        let found = || self.things().into_iter().map(|thing| thing.name).find(|name| name.contains(words));
        wait_until(&format!("'{words}'"), || found().is_some());
        found().unwrap_or_default()
    }

    /// Presses what is called so.
    #[track_caller]
    pub fn click(&self, name: &str) {
        let order = json!({ "do": "click", "pid": self.child.id(), "name": name });
        wait_until(&format!("the button '{name}'"), || self.desktop.ask(&order) == json!(true));
    }

    /// Gives one of its orders, as a key would.
    pub fn press(&self, action: &str) {
        self.press_with(action, None);
    }

    /// The same, with what comes with it.
    pub fn press_with(&self, action: &str, value: Option<&str>) {
        let path = format!("/{}/window/1", self.bus.replace('.', "/"));
        let order = json!({ "do": "order", "bus": self.bus, "path": path, "action": action, "value": value });
        assert_eq!(self.desktop.ask(&order), json!(true));
    }

    /// Types into what is called so.
    #[track_caller]
    pub fn write(&self, name: &str, text: &str) {
        let order = json!({ "do": "type", "pid": self.child.id(), "name": name, "text": text });
        wait_until(&format!("the entry '{name}'"), || self.desktop.ask(&order) == json!(true));
    }

    /// Begins to ask, over and over, whether its main loop answers.
    pub fn watch(&self) {
        let path = format!("/{}/window/1", self.bus.replace('.', "/"));
        self.desktop.ask(&json!({ "do": "watch", "bus": self.bus, "path": path }));
    }

    /// The longest that it did not, in ms.
    pub fn longest_silence_ms(&self) -> f64 {
        self.desktop.ask(&json!({ "do": "longest", "bus": self.bus })).as_f64().unwrap_or_default()
    }

    /// What it has said to people until now.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its number, while it runs.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its exit code, once it has ended by itself.
    #[track_caller]
    pub fn ends(mut self) -> Option<i32> {
        let ended = RefCell::new(None);
        let child = RefCell::new(&mut self.child);
        wait_until("its end", || {
            *ended.borrow_mut() = child.borrow_mut().try_wait().expect("our child");
            ended.borrow().is_some()
        });
        ended.into_inner().and_then(|status| status.code())
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: i32) {
        // SAFETY: our own child, which is not waited for yet, so the number is still its own.
        unsafe { libc::kill(self.child.id() as libc::pid_t, signal) };
    }
}

impl Drop for App<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let labels = self.things().into_iter().filter(|thing| thing.role == "label").map(|thing| thing.name);
            eprintln!("{} shows {:?}\nand has said:\n{}", self.bus, labels.collect::<Vec<_>>(), self.log());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
