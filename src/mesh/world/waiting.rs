// SPDX-License-Identifier: MIT
//! What somebody before the door is told while things go wrong: never that nobody is there where somebody answers, and
//! never that a key is wrong that only did not arrive.

use super::{KEY, MS, SECOND, World, address};
use crate::mesh::event::{Event, Input, Over, Refused};
use crate::mesh::invite::{Invite, InviteKey};
use crate::mesh::{Admit, HostSettings, Mesh};

fn cut_off_the_host(world: &mut World) {
    world.loses = Box::new(|from, to, _| from == address(1) || to == address(1));
}

fn heal(world: &mut World) {
    world.loses = Box::new(|_, _, _| false);
}

fn is_despair(event: &Event) -> bool {
    matches!(event, Event::WrongKey { .. } | Event::Unreachable { .. } | Event::HostSilent { .. })
}

fn is_knocking(event: &Event) -> bool {
    matches!(event, Event::Knocking { .. })
}

fn answer_the_last(world: &mut World, yes: bool) {
    let told = world.told(0).into_iter().rev();
    let ticket = told.filter_map(|e| if let Event::Knocking { ticket, .. } = e { Some(*ticket) } else { None }).next();
    world.input(0, Input::Admit { ticket: ticket.expect("somebody knocks"), yes });
}

/// A new run of the program in the same place.
fn again(world: &mut World, at: usize, name: &str) -> usize {
    let next = world.guest_with(name, None);
    let home = world.nodes[at].address;
    world.nodes[at].dead = true;
    world.nodes[next].address.set_ip(home.ip());
    next
}

fn is_declined(event: &Event) -> bool {
    matches!(event, Event::Over(Over::Refused(Refused::Declined)))
}

fn is_waiting(event: &Event) -> bool {
    matches!(event, Event::Waiting { .. })
}

#[test]
fn who_waits_and_hears_nothing_for_a_while_is_not_told_that_no_host_is_there() {
    let mut world = World::new();
    let guest = world.guest_with("stranger", None);
    world.run(30 * SECOND);
    cut_off_the_host(&mut world);
    world.run(7 * SECOND);
    heal(&mut world);
    world.run(30 * SECOND);
    assert_eq!((world.count(guest, is_despair), world.count(guest, is_waiting)), (0, 1));
    // A long outage is told as if one had just begun to ask, and so is its end.
    cut_off_the_host(&mut world);
    world.run(10 * SECOND);
    let silent = |e: &Event| matches!(e, Event::HostSilent { after_ms: 3_000..=3_500, .. });
    assert_eq!((world.count(guest, is_despair), world.count(guest, silent)), (1, 1));
    world.run(6 * SECOND);
    let unreachable = |e: &Event| matches!(e, Event::Unreachable { after_ms: 9_500..=9_900, .. });
    assert_eq!((world.count(guest, is_despair), world.count(guest, unreachable)), (2, 1));
    heal(&mut world);
    world.run(5 * SECOND);
    assert_eq!(world.count(guest, is_waiting), 2);
}

#[test]
fn a_right_key_that_an_outage_swallowed_is_not_said_to_be_wrong() {
    for (outage_ms, told_silent) in [(1_400, 0), (3_000, 0), (4_000, 0), (7_000, 1)] {
        let mut world = World::new();
        let guest = world.guest("guest");
        // The cookie arrives, and nothing after it.
        world.until(SECOND, |w| w.nodes[1].sent.len() > 1);
        cut_off_the_host(&mut world);
        world.run(outage_ms * MS);
        heal(&mut world);
        world.until(3 * SECOND, |w| w.linked(guest) == [0]);
        let told = (world.count(guest, is_despair), world.count(guest, |e| matches!(e, Event::WrongKey { .. })));
        assert_eq!(told, (told_silent, 0), "{outage_ms} ms");
    }
}

#[test]
fn a_wrong_key_is_told_once_the_host_has_answered_twice() {
    let mut world = World::new();
    let guest = world.guest_with("guest", Some(InviteKey::new([8; 16])));
    let is_wrong = |e: &Event| matches!(e, Event::WrongKey { .. });
    let took = world.until(10 * SECOND, |w| w.count(guest, is_wrong) == 1);
    assert!((4 * SECOND..6 * SECOND).contains(&took), "{took}");
    // Two names of one host are one host.
    let (host, too) = (address(1), address(1));
    let guest = world.guest_to("guest", Invite { addresses: vec![host, too], key: Some(InviteKey::new([8; 16])) });
    let took = world.until(10 * SECOND, |w| w.count(guest, is_wrong) == 1);
    assert!((4 * SECOND..6 * SECOND).contains(&took), "{took}");
}

#[test]
fn a_host_that_dies_after_its_cookie_is_said_to_be_silent_and_then_unreachable() {
    let mut world = World::new();
    let guest = world.guest_with("guest", Some(InviteKey::new(KEY)));
    world.until(SECOND, |w| w.nodes[1].sent.len() > 1);
    cut_off_the_host(&mut world);
    world.run(9_900 * MS);
    assert_eq!(world.count(guest, is_despair), 2);
    assert_eq!(world.count(guest, |e| matches!(e, Event::Unreachable { .. })), 1);
}

#[test]
fn whom_a_full_waiting_room_keeps_out_is_told_so_and_gets_in_line_later() {
    let mut world = World::new();
    for number in 0..8 {
        world.guest_with(&format!("stranger {number}"), None);
    }
    world.run(SECOND);
    let late = world.guest_with("late", None);
    world.run(60 * SECOND);
    let is_crowded = |e: &Event| matches!(e, Event::Crowded { address: host } if *host == address(1));
    assert_eq!((world.count(late, is_crowded), world.count(late, is_despair)), (1, 0));
    assert_eq!(world.count(late, is_waiting), 0);
    world.nodes[1].dead = true;
    world.run(20 * SECOND);
    assert_eq!((world.count(late, is_crowded), world.count(late, is_waiting)), (1, 1));
}

#[test]
fn who_was_told_no_asks_nobody_for_a_minute() {
    let mut world = World::new();
    let mut guest = world.guest_with("stranger", None);
    world.run(SECOND);
    answer_the_last(&mut world, false);
    for _ in 0..5 {
        world.run(10 * SECOND);
        assert_eq!(world.count(guest, is_declined), 1, "told at once and plainly");
        guest = again(&mut world, guest, "stranger");
    }
    world.run(SECOND);
    assert_eq!(world.count(0, is_knocking), 1);
    world.run(10 * SECOND);
    let guest = again(&mut world, guest, "stranger");
    world.run(SECOND);
    assert_eq!((world.count(0, is_knocking), world.count(guest, is_waiting)), (2, 1));
}

#[test]
fn who_takes_another_name_each_time_asks_three_times_a_minute() {
    let mut world = World::new();
    let mut guest = world.guest_with("stranger", None);
    for number in 0..25 {
        world.run(2 * SECOND);
        if world.count(guest, is_waiting) > 0 {
            answer_the_last(&mut world, false);
        }
        guest = again(&mut world, guest, &format!("stranger {number}"));
    }
    assert_eq!(world.count(0, is_knocking), 3);
    // It is their network's trouble and nobody else's.
    let other = world.guest_with("stranger", None);
    world.run(SECOND);
    assert_eq!((world.count(0, is_knocking), world.count(other, is_waiting)), (4, 1));
}

#[test]
fn the_same_person_who_asks_anew_is_the_same_question() {
    let mut world = World::new();
    let guest = world.guest_with("stranger", None);
    world.run(SECOND);
    cut_off_the_host(&mut world);
    world.run(7 * SECOND);
    heal(&mut world);
    world.run(5 * SECOND);
    let stopped = |e: &Event| matches!(e, Event::KnockingStopped { .. });
    assert_eq!((world.count(0, is_knocking), world.count(0, stopped)), (1, 0));
    answer_the_last(&mut world, true);
    world.until(SECOND, |w| w.linked(guest) == [0]);
}

#[test]
fn a_no_to_a_neighbour_of_the_same_name_does_not_end_a_question_that_is_open() {
    let mut world = World::new();
    let first = world.guest_with("guest", None);
    world.run(SECOND);
    let second = world.guest_with("guest", None);
    let home = world.nodes[first].address.ip();
    world.nodes[second].address.set_ip(home);
    world.run(SECOND);
    answer_the_last(&mut world, false);
    world.run(5 * SECOND);
    assert_eq!((world.count(second, is_declined), world.count(0, is_knocking)), (1, 2));
    cut_off_the_host(&mut world);
    world.run(7 * SECOND);
    heal(&mut world);
    world.run(30 * SECOND);
    assert_eq!((world.count(first, is_declined), world.count(0, is_knocking)), (0, 2));
    world.input(0, Input::Admit { ticket: 1, yes: true });
    world.until(SECOND, |w| w.linked(first) == [0]);
}

#[test]
fn a_yes_that_was_lost_is_not_asked_for_again() {
    for cut_ms in [1_500, 3_500, 6_000] {
        let mut world = World::new();
        let guest = world.guest_with("guest", None);
        world.run(SECOND);
        cut_off_the_host(&mut world);
        world.run(2 * SECOND);
        answer_the_last(&mut world, true);
        world.run(cut_ms * MS);
        heal(&mut world);
        world.until(8 * SECOND, |w| w.linked(guest) == [0]);
        assert_eq!((world.count(0, is_knocking), world.count(guest, is_despair)), (1, 0), "{cut_ms} ms");
    }
}

#[test]
fn who_overheard_a_waiting_guest_elsewhere_takes_no_question_away_and_earns_it_no_no() {
    let mut world = World::new();
    let guest = world.guest_with("guest", None);
    world.run(SECOND);
    let eve = world.guest_with("eve", None);
    world.nodes[eve].mesh.me.person = world.nodes[guest].mesh.me.person;
    world.run(SECOND);
    let stopped = |e: &Event| matches!(e, Event::KnockingStopped { .. });
    assert_eq!((world.count(0, is_knocking), world.count(0, stopped)), (2, 0));
    answer_the_last(&mut world, false);
    world.run(SECOND);
    assert_eq!((world.count(eve, is_declined), world.count(guest, is_declined)), (1, 0));
    // Asking anew is still the same question.
    cut_off_the_host(&mut world);
    world.run(7 * SECOND);
    heal(&mut world);
    world.run(20 * SECOND);
    assert_eq!((world.count(0, is_knocking), world.count(0, stopped), world.count(guest, is_declined)), (2, 0, 0));
    world.input(0, Input::Admit { ticket: 1, yes: true });
    world.until(SECOND, |w| w.linked(guest) == [0]);
}

#[test]
fn who_waits_does_not_ask_anew_under_other_names() {
    let mut world = World::new();
    let guest = world.guest_with("stranger", None);
    world.run(SECOND);
    let person = world.nodes[guest].mesh.me.person;
    let mut next = guest;
    for number in 0..5 {
        // The first lives on and waits.
        next = world.guest_with(&format!("stranger {number}"), None);
        world.nodes[next].mesh.me.person = person;
        let home = world.nodes[guest].address.ip();
        world.nodes[next].address.set_ip(home);
        world.run(SECOND);
    }
    assert_eq!((world.count(0, is_knocking), world.count(next, is_waiting)), (1, 0));
    answer_the_last(&mut world, true);
    world.until(SECOND, |w| w.linked(guest) == [0]);
}

#[test]
fn whom_a_new_host_does_not_want_asks_once_a_minute_and_not_more() {
    let mut world = World::with(HostSettings { name: "host".into(), key: None, admit: Admit::All });
    let guest = world.guest_with("guest", None);
    world.run(SECOND);
    assert_eq!(world.linked(guest), [0]);
    // The host's program is started anew, and knows nobody.
    let settings = HostSettings { name: "host".into(), key: None, admit: Admit::Ask };
    let (mesh, fast) = Mesh::host(settings, [202; 32], world.now);
    (world.nodes[0].mesh, world.nodes[0].fast) = (mesh, fast);
    world.forget_events();
    world.input(0, Input::Timeout);
    world.until(20 * SECOND, |w| w.count(0, is_knocking) == 1);
    answer_the_last(&mut world, false);
    let asked = |w: &World| w.nodes[guest].sent.iter().filter(|(_, bytes)| bytes.len() == 1200).count();
    let before = asked(&world);
    world.run(55 * SECOND);
    assert_eq!((world.count(0, is_knocking), asked(&world)), (1, before));
    world.run(20 * SECOND);
    assert_eq!(world.count(0, is_knocking), 2);
}
