// SPDX-License-Identifier: MIT
//! Machines whose clocks agree on nothing still agree on the session's, and their masters lie on one time line.

use super::judge::Master;
use super::people::{Ways, guest, host, ways};
use crate::support::machine::calm;
use hyperzoom::words::RATE_HZ;

/// Masters may lie so far apart on the time line, in microseconds.
const APART_US_MAX: f64 = 1_000.0;

fn masters_of_bent_clocks(seconds: f64) -> [Master; 2] {
    let (mut host, invite, _) = host(Ways { clock: Some("2.5,-40"), ..ways("host") });
    let mut guest = guest(&invite, Ways { clock: Some("12.34,80"), ..ways("guest") });
    guest.await_recording();
    host.await_peer("guest");
    guest.record_on(seconds);
    // The host goes first, so that its last tone is everybody's.
    let (_host_left, hosts) = host.leave();
    guest.await_gone("host");
    guest.record_on(1.0);
    let (_guest_left, guests) = guest.leave();
    [Master::read(&hosts), Master::read(&guests)]
}

/// By how many microseconds the guest's master lies behind the host's, at every beep that both have.
fn apart_us(host: &Master, guest: &Master) -> Vec<f64> {
    let theirs = guest.beeps();
    let pair = |(second, us): (u64, f64)| theirs.iter().find(|beep| beep.0 == second).map(|beep| beep.1 - us);
    host.beeps().into_iter().filter_map(pair).collect()
}

#[test]
fn two_bent_clocks_make_one_session_one_tone_and_masters_that_lie_on_each_other() {
    let _calm = calm();
    let masters = masters_of_bent_clocks(8.0);
    for master in &masters {
        master.is_unharmed();
        master.tones_sound_where_they_are_told();
    }
    let [host, guest] = &masters;
    assert_eq!(host.told.session_id, guest.told.session_id);
    let (ours, theirs) = (host.tones(), guest.tones());
    println!("tones: {ours:?} {theirs:?}");
    assert_eq!(ours.len(), 2, "the first, and the one with which the host leaves");
    assert_eq!(theirs.len(), 3, "both of these, and its own with which the guest ends what it has recorded alone");
    for (master, tones) in [(host, &ours), (guest, &theirs)] {
        let after = master.told.recording.total_samples - tones.last().expect("some").0;
        assert!(after < 2 * RATE_HZ, "the last one is at the end, {after} samples before it");
    }
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert!((ours.1 - theirs.1).abs() <= APART_US_MAX as i64, "{ours:?} {theirs:?}");
    }
    let apart = apart_us(host, guest);
    println!("guest behind host, in us: {apart:.0?}");
    assert!(apart.len() >= 6 && apart.iter().all(|us| us.abs() <= APART_US_MAX), "{apart:?}");
    let [drifts, rates] = [
        masters.each_ref().map(|master| master.told.clocks.microphone_drift_ppm),
        masters
            .each_ref()
            .map(|master| master.told.participants.iter().find(|p| p.id == 1).expect("two").clock_rate_ppm),
    ];
    println!("microphones {drifts:?} ppm, guest's clock against the host's {rates:?} ppm");
    // The microphones are the ruler's: they run like the machine, which the bent clocks do not.
    assert!((drifts[0] - 40.0).abs() < 15.0 && (drifts[1] + 80.0).abs() < 15.0, "{drifts:?}");
}

/// The same for longer, with its figures.
pub fn lie_on_each_other_for(seconds: f64) {
    let _calm = calm();
    let [host, guest] = masters_of_bent_clocks(seconds);
    let apart = apart_us(&host, &guest);
    let worst = apart.iter().fold(0.0_f64, |worst, us| worst.max(us.abs()));
    println!("{} beeps, {worst:.0} us apart at worst, {apart:.0?}", apart.len());
    assert!(worst <= APART_US_MAX);
}
