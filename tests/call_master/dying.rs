// SPDX-License-Identifier: MIT
//! One of the programs dies, or its disk is full; the other's recording does not even notice.

use super::judge::Master;
use super::people::{Ways, guest, host, ways};
use crate::disk::small::SmallDisk;
use crate::support::program;
use crate::support::ruler::read_with_ffmpeg;

#[test]
fn a_guest_who_dies_leaves_a_file_that_recovers_and_the_host_records_on() {
    let (mut host, invite, _) = host(ways("host"));
    let mut guest = guest(&invite, ways("guest"));
    let torn = guest.await_recording();
    host.await_peer("guest");
    guest.record_on(3.0);
    let _home = guest.kill();
    assert_eq!(host.await_gone("guest"), "silent");
    host.record_on(1.0);
    let (_left, file) = host.leave();
    let hosts = Master::read(&file);
    hosts.is_unharmed();
    let readable = read_with_ffmpeg(&torn).frames.len();
    let run = program::run(&[&"recover", &torn]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let recovered = Master::read(&torn);
    assert_eq!((recovered.told.state.as_str(), recovered.reading.frames.len()), ("recovered", readable));
    recovered.is_unharmed();
    assert_eq!(recovered.told.session_id, hosts.told.session_id);
}

#[test]
fn a_host_who_dies_is_told_and_the_guest_records_on_until_the_guest_ends_it() {
    let (mut host, invite, _) = host(ways("host"));
    let mut guest = guest(&invite, ways("guest"));
    guest.await_recording();
    host.await_peer("guest");
    let torn = host.await_recording();
    host.record_on(2.0);
    let _home = host.kill();
    assert_eq!(guest.await_gone("host"), "silent");
    guest.record_on(2.0);
    let (_left, file) = guest.leave();
    let master = Master::read(&file);
    master.is_unharmed();
    assert!(!master.tones().is_empty(), "an editor needs something to line up with: {:?}", master.told.happenings);
    assert!(program::run(&[&"recover", &torn]).status.success());
    Master::read(&torn).is_unharmed();
}

#[test]
fn a_full_disk_ends_one_recording_in_time_and_not_the_call() {
    let Some(disk) = SmallDisk::of(48) else { return };
    let folder = disk.path().to_str().expect("a path of plain letters");
    let (mut host, invite, _) = host(Ways { more: &["--recordings", folder], ..ways("host") });
    let mut guest = guest(&invite, ways("guest"));
    guest.await_recording();
    host.await_recording();
    guest.record_on(1.0);
    // Too little for the seconds that a recording keeps in reserve.
    disk.fill(4_000_000);
    let finished = host.await_event("recording-finished");
    assert_eq!((&finished["reason"], &finished["finalised"]), (&"disk-full".into(), &true.into()));
    host.program.await_that("a word about it", |e| e["kind"] == "recording-over");
    guest.record_on(1.0);
    assert!(!guest.program.events.iter().any(|e| e["event"] == "peer-left"), "the call goes on");
    let (_left, file) = guest.leave();
    Master::read(&file).is_unharmed();
    host.program.signal(libc::SIGTERM);
    let ended = host.program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    Master::read(&program::file(&finished)).is_unharmed();
}

#[test]
fn a_guest_who_sleeps_for_longer_than_a_call_waits_is_back_when_awake_and_the_same_file_goes_on() {
    let (mut host, invite, _) = host(ways("host"));
    let mut guest = guest(&invite, ways("guest"));
    let begun = guest.await_recording();
    host.await_peer("guest");
    guest.record_on(1.0);
    guest.program.signal(libc::SIGSTOP);
    assert_eq!(host.await_gone("guest"), "silent");
    host.record_on(3.0);
    guest.program.signal(libc::SIGCONT);
    host.await_peer("guest");
    guest.record_on(2.0);
    let (left, file) = guest.end();
    assert_eq!(file, begun, "one file from beginning to end");
    assert!(!left.ended.events.iter().any(|e| e["event"] == "error"), "{:#?}", left.ended.events);
    let (_left, hosts) = host.leave();
    Master::read(&hosts).is_unharmed();
    let guests = Master::read(&file);
    guests.is_in_step();
    assert!(guests.told.duration_seconds > 10.0, "the time asleep is in it: {}", guests.told.duration_seconds);
}
