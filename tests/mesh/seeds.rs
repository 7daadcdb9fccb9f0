// SPDX-License-Identifier: MIT
//! Many worlds, and what must be so in the end: who lives is in the call and heard by everybody who can hear them,
//! and when they go, nothing of them remains.

use super::clock::{MS, SECOND};
use super::machine::Machine;
use super::script::{HOST, Script};
use super::world::World;
use hyperzoom::mesh::event::{Event, Input, Refused};
use hyperzoom::words::{PEOPLE_MAX, PeerId};
use std::collections::BTreeSet;

/// Until everybody is back: five seconds to be missed, and then one patient attempt after the other.
const SETTLING: u64 = 22 * SECOND;
/// Longer than a silence that ends a link.
const GONE: u64 = 8 * SECOND;

/// Tells which world it was, if it ends badly.
struct Fate<'a>(u64, &'a std::cell::RefCell<String>);

impl Drop for Fate<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("HYPERZOOM_SEED={}\n{}", self.0, self.1.borrow());
        }
    }
}

/// Runs the world of one seed to its end.
pub fn live(seed: u64) -> u64 {
    let story = std::cell::RefCell::new(String::new());
    let _fate = Fate(seed, &story);
    let mut script = Script::new(seed);
    let acts = script.acts.iter().map(|(at, act)| format!("{:.3} s {act:?}\n", *at as f64 / SECOND as f64));
    *story.borrow_mut() = tell(&script) + &acts.collect::<String>();
    let members: Vec<String> =
        script.members.iter().map(|member| script.world.machines[*member].name.clone()).collect();
    let look = |world: &mut World| world.machines.iter().for_each(|machine| world.watch.roster(machine, &members));
    script.run(look);
    let calm = script.world.now;
    script.world.run_until(calm + SETTLING);
    look(&mut script.world);
    together(&script);
    part(&mut script, look);
    script.world.steps
}

fn tell(script: &Script) -> String {
    let home = |machine: &Machine| match machine.router {
        Some(router) => {
            let nat = script.world.routers[router].nat;
            format!("{} {} in home {router}, {nat:?}, mapped {:?}\n", machine.name, machine.address, machine.mapped)
        }
        None => format!("{} {}\n", machine.name, machine.address),
    };
    script.world.machines.iter().map(home).collect::<String>() + &format!("{:?}\n", script.world.habits)
}

/// Everybody alive who should be.
fn together(script: &Script) {
    let machines = &script.world.machines;
    let alive: Vec<usize> = script.members.iter().copied().filter(|member| machines[*member].is_running()).collect();
    let now = script.world.now;
    let hosted = machines[HOST].is_running();
    if hosted {
        let shown = |member: &usize| -> BTreeSet<PeerId> { machines[*member].people.iter().map(|p| p.peer).collect() };
        let places: BTreeSet<PeerId> = alive.iter().filter_map(|member| machines[*member].me()).collect();
        if alive.len() > PEOPLE_MAX {
            assert_eq!(shown(&HOST).len(), PEOPLE_MAX, "somebody waits and there is room: {}", picture(script));
        } else {
            assert_eq!(places.len(), alive.len(), "somebody is not in: {}", picture(script));
            let alike = alive.iter().all(|member| shown(member) == places);
            assert!(alike, "not all show the same people: {}", picture(script));
        }
        let is_full = |event: &Event| matches!(event, Event::Refused { why: Refused::Full });
        let full = |member: &usize| machines[*member].told(0, is_full).is_some() && !machines[*member].hasty;
        let crowded = script.members.len() > PEOPLE_MAX;
        assert!(crowded || !script.members.iter().any(full), "the call was never full: {}", picture(script));
    }
    for (one, other) in alive.iter().flat_map(|one| alive.iter().map(move |other| (*one, *other))) {
        let (here, there) = (&machines[one], &machines[other]);
        let (Some(me), Some(them)) = (here.me(), there.me()) else { continue };
        // Who slept while the host seated somebody anew, and left, has keys for somebody who is no more.
        let person = |machine: &Machine, peer| machine.people.iter().find(|person| person.peer == peer).cloned();
        let knows = person(here, them).is_some() && person(here, them) == person(there, them);
        let known = person(there, me).is_some() && person(there, me) == person(here, me);
        // Who was in and finds the call full hears nobody, and does not know its place any more.
        let out = hosted
            && alive.len() > PEOPLE_MAX
            && [one, other].iter().any(|member| *member != HOST && !machines[*member].peer(PeerId::HOST).linked);
        // Without a host nobody can tell the others where somebody is found now.
        let lost = !hosted && (script.moved.contains(&one) || script.moved.contains(&other));
        if one == other || lost || out || !knows || !known || !script.linkable(one, other) {
            continue;
        }
        let peer = here.peer(them);
        let heard = peer.linked && peer.voice_at.is_some_and(|at| now - at < 3 * SECOND);
        assert!(heard, "{} does not hear {}: {}", here.name, there.name, picture(script));
    }
}

/// All but one go, each in its own way, and nothing of them remains.
fn part(script: &mut Script, look: impl Fn(&mut World)) {
    let world = &mut script.world;
    let alive: Vec<usize> =
        script.members.iter().copied().filter(|member| world.machines[*member].is_running()).collect();
    let Some((last, goers)) = alive.split_last() else { return };
    for goer in goers {
        if world.dice.chance(0.5) {
            world.crash(*goer);
        } else {
            world.input(*goer, Input::Leave);
        }
        world.run_until(world.now + 300 * MS);
    }
    world.run_until(world.now + GONE);
    look(world);
    let last = &script.world.machines[*last];
    let linked = PeerId::all().any(|peer| last.peer(peer).linked);
    assert!(!linked, "{} still hears somebody: {}", last.name, picture(script));
    for goer in goers {
        let left = &script.world.machines[*goer];
        assert!(left.engine.is_none() || left.over, "{} has left and goes on: {}", left.name, picture(script));
    }
}

fn picture(script: &Script) -> String {
    let show = |machine: &Machine| {
        let peers =
            PeerId::all().map(|peer| (machine.peer(peer).linked, machine.peer(peer).voice_at.map(|at| at / MS)));
        let events: String =
            machine.events.iter().map(|(at, event)| format!("    {} ms {event:?}\n", at / MS)).collect();
        format!(
            "\n{} {:?} over {} people {:?} links {:?}\n{events}",
            machine.name,
            machine.me(),
            machine.over,
            machine.people.iter().map(|person| (person.peer.number(), &person.name)).collect::<Vec<_>>(),
            peers.collect::<Vec<_>>()
        )
    };
    script.world.machines.iter().map(show).collect()
}

/// So many worlds, and how much happened in them.
pub fn live_all(what: &str, seeds: impl Iterator<Item = u64>) {
    let given = std::env::var("HYPERZOOM_SEED").ok().map(|seed| seed.parse().expect("HYPERZOOM_SEED is a number"));
    let seeds: Vec<u64> = given.map_or_else(|| seeds.collect(), |seed| vec![seed]);
    let steps: u64 = seeds.iter().map(|seed| live(*seed)).sum();
    println!("{what}: {} worlds, {steps} steps", seeds.len());
}

#[test]
fn even_worlds_end_well() {
    live_all("even worlds", (0..200).step_by(2));
}

#[test]
fn odd_worlds_end_well() {
    live_all("odd worlds", (1..200).step_by(2));
}
