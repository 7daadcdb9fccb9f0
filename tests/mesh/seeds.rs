// SPDX-License-Identifier: MIT
//! Many worlds, and what must be so in the end: who lives is in the call and heard by everybody who can hear them,
//! and when they go, nothing of them remains.

use super::clock::{MS, SECOND};
use super::machine::Machine;
use super::script::{HOST, Script};
use super::world::World;
use hyperzoom::mesh::event::{Event, Input, Refused};
use hyperzoom::words::PeerId;
use std::collections::BTreeSet;

/// Until everybody is back: five seconds to be missed, and then one patient attempt after the other.
const SETTLING: u64 = 25 * SECOND;
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
    let members: Vec<String> = script.members.iter().map(|member| script.world.machines[*member].name.clone()).collect();
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
    if machines[HOST].is_running() {
        let places: BTreeSet<PeerId> = alive.iter().filter_map(|member| machines[*member].me()).collect();
        assert_eq!(places.len(), alive.len(), "somebody is not in: {}", picture(script));
        for member in &alive {
            let shown: BTreeSet<PeerId> = machines[*member].people.iter().map(|person| person.peer).collect();
            assert_eq!(shown, places, "{} shows others: {}", machines[*member].name, picture(script));
        }
        let is_full = |event: &Event| matches!(event, Event::Refused { why: Refused::Full });
        let full = |machine: &Machine| machine.told(0, is_full).is_some();
        let crowded = script.members.len() > 4;
        assert!(crowded || !script.members.iter().any(|member| full(&machines[*member])), "the call was never full: {}", picture(script));
    }
    for (one, other) in alive.iter().flat_map(|one| alive.iter().map(move |other| (*one, *other))) {
        let (here, there) = (&machines[one], &machines[other]);
        let (Some(me), Some(them)) = (here.me(), there.me()) else { continue };
        let shows = |machine: &Machine, peer| machine.people.iter().any(|person| person.peer == peer);
        if one == other || !shows(here, them) || !shows(there, me) || !script.linkable(one, other) {
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
    let alive: Vec<usize> = script.members.iter().copied().filter(|member| world.machines[*member].is_running()).collect();
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
        let peers = PeerId::all().map(|peer| (machine.peer(peer).linked, machine.peer(peer).voice_at.map(|at| at / MS)));
        let events: String = machine.events.iter().map(|(at, event)| format!("    {} ms {event:?}\n", at / MS)).collect();
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

/// The seeds to live through, or the one that was asked for.
pub fn seeds(from: u64, to: u64) -> Vec<u64> {
    let given = std::env::var("HYPERZOOM_SEED").ok().map(|seed| seed.parse().expect("HYPERZOOM_SEED is a number"));
    given.map_or_else(|| (from..to).collect(), |seed| vec![seed])
}

#[test]
fn worlds_end_well() {
    let start = std::time::Instant::now();
    let mut steps = 0; let mut bad = vec![];
    for seed in seeds(std::env::var("FROM").map_or(0, |s| s.parse().unwrap()), std::env::var("TO").map_or(100, |s| s.parse().unwrap())) {
        match std::panic::catch_unwind(|| live(seed)) { Ok(n) => steps += n, Err(e) => { let t = e.downcast_ref::<String>().cloned().unwrap_or_else(|| e.downcast_ref::<&str>().unwrap_or(&"?").to_string()); bad.push((seed, t.lines().next().unwrap_or("").chars().take(200).collect::<String>())); } }
    }
    for b in &bad { println!("BAD {b:?}"); }
    println!("{steps} steps {:?}", start.elapsed());
}
