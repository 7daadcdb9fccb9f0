// SPDX-License-Identifier: MIT
//! What the window reaches: how soon it is there, whether it ever stands still, what it paints, what it costs.
//!
//! The window tells how smoothly it runs (`src/ui/pulse.rs`); processor time is asked of the system.

use super::call::table::{Bar, median, passed_over, row};
use super::cost::processor_seconds;
use crate::support::desktop::{App, Desktop};
use crate::support::light_guest::{Film, LightGuest};
use crate::support::program::{Program, command, wait_until};
use crate::window::evening::invite;
use crate::window::prefer;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

const PULSE: (&str, &str) = ("HYPERZOOM_LOG", "hyperzoom::ui::pulse=debug,hyperzoom=warn");
/// What a person does not notice, in ms.
const STILL: Bar = Bar::AtMost(50.0);
/// Of every face, a second.
const PICTURES_BAR: f64 = 24.0;
/// Seconds that are measured, after as many in which everything settles.
const MEASURED: u64 = 10;

fn open<'a>(desktop: &'a Desktop, profile: Option<&str>, arguments: &[&str]) -> App<'a> {
    desktop.open_with(profile, arguments, |command| {
        command.env(PULSE.0, PULSE.1);
    })
}

/// What its pulse has told until now.
fn pulse(app: &App<'_>) -> Vec<Value> {
    let log = app.log();
    log.lines().filter_map(|line| serde_json::from_str(&line[line.find('{')?..]).ok()).collect()
}

fn longest_ms(pulse: &[Value], what: &str) -> f64 {
    pulse.iter().filter_map(|second| second[what].as_f64()).fold(0.0, f64::max)
}

/// How long the main loop stood still at worst; beside it, what of that was its own doing.
fn tell_of_the_loop(what: &str, bar: Bar, pulse: &[Value]) {
    let [block_ms, gap_ms] = ["longest_block_ms", "longest_gap_ms"].map(|name| longest_ms(pulse, name));
    let words = format!("{gap_ms:.0} ms; {block_ms:.0} ms without waiting for a processor");
    row(&format!("main loop, {what}"), bar, (gap_ms, "ms"), &words, "longest gap, longest block");
}

/// So many seconds of its life pass.
fn live_on(seconds: u64) {
    std::thread::sleep(Duration::from_secs(seconds));
}

fn larger_pictures(desktop: &Desktop, profile: Option<&str>) {
    let file = desktop.home().join(".config/hyperzoom/preferences.toml");
    let text = std::fs::read_to_string(file).expect("just written");
    desktop.prefer(profile, &text.replace("test:640x360", "test:1280x720"));
}

#[test]
#[ignore = "long: run by make bench"]
fn from_start_to_a_preview_that_moves() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, None, "Host");
    larger_pictures(&desktop, None);
    let soon_s = || {
        let began = Instant::now();
        let app = open(&desktop, None, &[]);
        wait_until("a picture that moves", || pulse(&app).iter().any(|line| line["moving"] == "own"));
        began.elapsed().as_secs_f64()
    };
    let how = "720p test camera, Xvfb, the second picture painted";
    let forgotten =
        std::process::Command::new("sync").status().is_ok() && std::fs::write("/proc/sys/vm/drop_caches", "3").is_ok();
    let cold = soon_s();
    match forgotten {
        true => row("window with moving preview, cold", Bar::AtMost(3.0), (cold, "s"), &format!("{cold:.2} s"), how),
        false => passed_over("window with moving preview, cold", "only root may empty the disk's cache"),
    }
    let warm: Vec<f64> = (0..5).map(|_| soon_s()).collect();
    let all: Vec<String> = warm.iter().map(|s| format!("{s:.2}")).collect();
    let median = median(warm);
    row("window with moving preview, warm", Bar::AtMost(1.0), (median, "s"), &all.join(", "), how);
}

#[test]
#[ignore = "long: run by make bench"]
fn the_main_loop_never_stands_still() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, None, "Host");
    let film = Arc::new(Film::shoot());
    let host = open(&desktop, None, &[]);
    let mut seen = 0;
    let mut told = |what: &str| {
        live_on(2);
        let pulse = pulse(&host);
        tell_of_the_loop(what, STILL, &pulse[seen.min(pulse.len())..]);
        seen = pulse.len();
    };
    told("opening");
    let call = |host: &App<'_>| {
        host.click("Host a call");
        invite(host)
    };
    let invite = call(&host);
    told("hosting");
    let guest = LightGuest::join(&invite, "Guest", film.clone());
    host.says("Recording 0:");
    told("joining");
    told("talking");
    host.press_with("choose-camera", Some("off"));
    host.press_with("choose-camera", Some("test:640x360"));
    host.press_with("choose-microphone", Some("off"));
    host.press_with("choose-microphone", Some("test"));
    told("changing devices");
    host.press("end");
    host.click("End the call");
    host.says("With Guest");
    told("finalising");
    drop(guest);
    // Another one dies in its call.
    host.click("Done");
    let _guest = LightGuest::join(&call(&host), "Guest", film);
    host.says("Recording 0:");
    host.signal(libc::SIGKILL);
    assert_eq!(host.ends(), None);
    let host = open(&desktop, None, &[]);
    host.says("Recover");
    live_on(2);
    let opened = pulse(&host).len();
    host.click("Recover");
    host.comes_to("Past sessions");
    live_on(4);
    tell_of_the_loop("recovering", STILL, &pulse(&host)[opened..]);
}

/// A guest without a window.
fn headless(desktop: &Desktop, arguments: &[&str], name: &str, camera: &str) -> Program {
    let mut guest = command();
    guest.args(arguments).args(["--json", "--no-port-mapping", "--camera", camera, "--mic", "test"]);
    guest.args(["--speaker", "off", "--name", name, "--recordings"]).arg(desktop.home().join(name));
    guest.stdin(std::process::Stdio::piped());
    Program::start(guest)
}

#[test]
#[ignore = "long: run by make bench"]
fn four_pictures_are_shown_while_the_master_is_made() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, None, "Host");
    larger_pictures(&desktop, None);
    let host = open(&desktop, None, &[]);
    host.click("Host a call");
    let invite = invite(&host);
    let film = Arc::new(Film::shoot());
    let _guests = ["one", "two", "three"].map(|name| LightGuest::join(&invite, name, film.clone()));
    wait_until("everybody's picture", || pulse(&host).iter().filter(|line| line["moving"].is_string()).count() == 4);
    live_on(MEASURED);
    let settled = pulse(&host).len();
    live_on(MEASURED);
    let pulse = &pulse(&host)[settled..];
    let rate = |name: &str| {
        let seconds: Vec<f64> = pulse.iter().filter_map(|second| second["painted"][name].as_f64()).collect();
        seconds.iter().sum::<f64>() / seconds.len() as f64
    };
    pulse.iter().filter(|second| second["painted"].is_object()).for_each(|second| println!("  {second}"));
    let rates: Vec<f64> = ["own", "1", "2", "3"].map(rate).into();
    let words: Vec<String> = rates.iter().map(|rate| format!("{rate:.1}")).collect();
    let slowest = rates.iter().copied().fold(f64::MAX, f64::min);
    let words =
        format!("{} a second (own, then theirs); gap {:.0} ms", words.join(", "), longest_ms(pulse, "longest_gap_ms"));
    let how = "720p with its master, three guests whose 480p pictures were encoded before";
    // Counting may begin just after a picture: one of them is no missed one.
    let least = PICTURES_BAR - 1.0 / MEASURED as f64;
    row("four pictures, slowest, ms apart", Bar::AtMost(1000.0 / least), (1000.0 / slowest, "ms"), &words, how);
}

#[test]
#[ignore = "long: run by make bench"]
fn the_app_costs_little_more_than_the_same_call_without_it() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, None, "Host");
    larger_pictures(&desktop, None);
    let used = |id: u32| {
        live_on(5);
        let sum = || processor_seconds(id).values().sum::<f64>();
        let (before, began) = (sum(), Instant::now());
        live_on(MEASURED);
        100.0 * (sum() - before) / began.elapsed().as_secs_f64()
    };
    let with = || {
        // Without its pulse, which has a price of its own.
        let host = desktop.open(None, &[]);
        host.click("Host a call");
        let _guest = headless(&desktop, &["join", &invite(&host)], "one", "test:640x360");
        host.says("Recording 0:");
        used(host.id())
    };
    let without = || {
        let mut host = headless(&desktop, &["host"], "alone", "test:1280x720");
        let invite = host.await_event("invite")["invite"].as_str().expect("a text").to_owned();
        let mut guest = headless(&desktop, &["join", &invite], "two", "test:640x360");
        guest.await_event("recording-started");
        used(host.id())
    };
    // One after the other, since machines are faster at one time than at another.
    let (all_with, all_without): (Vec<f64>, Vec<f64>) = (0..3).map(|_| (with(), without())).unzip();
    println!("  with {all_with:.1?}, without {all_without:.1?}");
    let (with, without) = (median(all_with), median(all_without));
    let words = format!("{:.0} % of a core: {with:.0} with, {without:.0} without", with - without);
    row(
        "the app above the call alone",
        Bar::AtMost(10.0),
        (with - without, "%"),
        &words,
        "720p, one guest, medians of three times 10 s",
    );
}
