// SPDX-License-Identifier: MIT
//! What a person does not want to be heard or seen is silent and black in the master, and exactly that.

use super::judge::Master;
use super::people::{Person, Ways, guest, host, ways};
use hyperzoom::words::{SAMPLES_PER_FRAME, What};
use std::ops::Range;

/// What AAC makes of digital silence.
const SILENT: f32 = 1e-3;

/// Where the camera is told to be off, in pictures.
fn black(master: &Master) -> Vec<Range<usize>> {
    let ends = master.told.happenings.iter().filter_map(|h| match h.what {
        What::CameraOn { black_frames } => {
            let end = h.at_sample / SAMPLES_PER_FRAME;
            Some((end - black_frames) as usize..end as usize)
        }
        _ => None,
    });
    ends.collect()
}

fn mutes_for_a_second(person: &mut Person) {
    person.program.answer("mute");
    person.record_on(1.2);
    person.program.answer("unmute");
}

#[test]
fn a_mute_is_silence_of_the_told_length_a_camera_that_is_off_is_black_and_keep_muted_keeps_both() {
    let (mut host, invite, _) = host(ways("host"));
    let mut guest = guest(&invite, Ways { more: &["--keep-muted"], ..ways("guest") });
    guest.await_recording();
    host.await_recording();
    host.record_on(1.0);
    mutes_for_a_second(&mut host);
    mutes_for_a_second(&mut guest);
    host.program.answer("camera off");
    guest.program.answer("camera off");
    guest.record_on(1.2);
    host.program.answer("camera on");
    guest.program.answer("camera on");
    host.record_on(1.0);
    let status = |e: &serde_json::Value| e["event"] == "peer-status" && e["camera_off"] == true;
    assert!(host.program.events.iter().any(status), "the others are told");
    let (_guest_left, kept) = guest.leave();
    let (_host_left, cut) = host.leave();

    let master = Master::read(&cut);
    master.sounds_unharmed();
    let [muted] = master.muted().try_into().expect("one mute");
    assert_eq!(master.told.recording.total_samples_muted, muted.end - muted.start);
    assert!(muted.end - muted.start > 48_000, "{muted:?}");
    assert!(master.loudest(&muted) < SILENT, "{}", master.loudest(&muted));
    let around = muted.start - 24_000..muted.start;
    assert!(master.loudest(&around) > 10.0 * SILENT, "the ruler is never silent by itself");
    let [dark] = black(&master).try_into().expect("the camera was off once");
    assert_eq!(master.told.recording.total_frames_black as usize, dark.len());
    let first = master.reading.frames[0].number.expect("the ruler's");
    for (index, frame) in master.reading.frames.iter().enumerate() {
        let number = Some(first + index as u32).filter(|_| !dark.contains(&index));
        assert_eq!((frame.number, frame.flash && number.is_none()), (number, false), "picture {index}, black {dark:?}");
    }

    let kept = Master::read(&kept);
    kept.is_unharmed();
    let recording = &kept.told.recording;
    assert_eq!((recording.total_samples_muted, recording.total_frames_black), (0, 0), "nothing is missing in it");
}
