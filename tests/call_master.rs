// SPDX-License-Identifier: MIT
//! Whatever happens in a call, both masters are what they would be without one: every picture and every sample, once.

mod breaking;
pub mod clocks;
mod dying;
mod judge;
mod muting;
mod people;
mod weather;

use crate::support::machine::Busy;
use judge::Master;
use people::{guest, host, ways};

#[test]
fn one_invite_lets_two_in_and_a_busy_machine_costs_none_of_three_masters_anything() {
    let (mut host, invite, _) = host(ways("host"));
    let mut one = guest(&invite, ways("guest"));
    one.await_recording();
    // The same invite again, by somebody of the same name.
    let mut other = guest(&invite, ways("guest"));
    other.await_recording();
    host.await_peer("guest 2");
    let busy = Busy::begin();
    host.record_on(4.0);
    drop(busy);
    let masters = [other.leave(), one.leave(), host.leave()].map(|(left, file)| (left, Master::read(&file)));
    let sessions: Vec<&str> = masters.iter().map(|(_, master)| master.told.session_id.as_str()).collect();
    assert!(sessions.iter().all(|id| *id == sessions[0] && id.len() == 8), "{sessions:?}");
    for (_, master) in &masters {
        master.is_unharmed();
        assert_eq!(master.told.participants.len(), 3, "everybody who was there is listed");
    }
}
