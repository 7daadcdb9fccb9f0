// SPDX-License-Identifier: MIT
//! What happens in a world, drawn from its seed: who is there and how they are connected, and then a minute in
//! which they come, go, crash, sleep, lose their roads, and are bothered by strangers.

use super::clock::{MS, SECOND, True};
use super::dice::Dice;
use super::machine::Part;
use super::router::{Nat, Router};
use super::wire::{Habits, Jitter, Loss};
use super::world::{World, outside};
use hyperzoom::mesh::Admit;
use hyperzoom::mesh::event::Input;
use hyperzoom::mesh::invite::{Invite, InviteKey};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The host is the first machine.
pub const HOST: usize = 0;
/// When the last thing happens; from then on everything works again.
pub const CALM: True = 28 * SECOND;

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Join(usize),
    Leave(usize),
    Crash(usize),
    /// The cable is pulled, or put back.
    Plug(usize, bool),
    /// Two no longer reach each other, or do again.
    Cut(usize, usize, bool),
    /// Asleep for so long, while the clock goes on or stands still.
    Sleep(usize, True, bool),
    /// The machine's router forgets everything, and has another address.
    Restart(usize),
    /// Every way is as bad as this until it is calm.
    Storm(Loss),
    Calm,
    /// A stranger does its worst so many times.
    Bother(usize, u32),
}

/// A world and what will happen in it.
pub struct Script {
    pub world: World,
    pub acts: Vec<(True, Act)>,
    pub members: Vec<usize>,
    /// Whose address changed.
    pub moved: BTreeSet<usize>,
    outsiders: Vec<usize>,
    keyed: bool,
    invite: Option<Invite>,
    habits: Habits,
}

impl Script {
    pub fn new(seed: u64) -> Script {
        let mut world = World::new(seed);
        let mut dice = world.dice.fork();
        let habits = habits(&mut dice);
        world.set_habits(habits);
        let people = dice.one_of(&[2, 3, 3, 4, 4, 4, 5]);
        let same_name = dice.chance(0.15);
        let names = ["host", "guest", if same_name { "guest" } else { "guest b" }, "guest c", "guest d"];
        let members: Vec<usize> =
            (0..people).map(|number| member(&mut world, &mut dice, number, names[number])).collect();
        if dice.chance(0.1) {
            world.machines.iter_mut().for_each(|machine| machine.fps = 10);
        }
        let outsiders = if dice.chance(0.3) { vec![world.machine(Part::Outsider, "outsider")] } else { Vec::new() };
        let strangers = if dice.chance(0.5) { vec![world.machine(Part::Stranger, "stranger")] } else { Vec::new() };
        let (acts, moved, keyed) = (Vec::new(), BTreeSet::new(), dice.chance(0.75));
        let mut script = Script { world, acts, members, moved, outsiders, keyed, invite: None, habits };
        script.joins(&mut dice);
        for _ in 0..dice.between(2, 9) {
            script.trouble(&mut dice);
        }
        for stranger in strangers {
            for _ in 0..10 {
                script.acts.push((dice.between(0, CALM + 10 * SECOND), Act::Bother(stranger, dice.below(6) as u32)));
            }
        }
        script.acts.sort_by_key(|(at, _)| *at);
        script
    }

    fn joins(&mut self, dice: &mut Dice) {
        let together = dice.chance(0.3).then(|| dice.below(2 * SECOND));
        for guest in self.members[1..].iter().copied() {
            let late = if dice.chance(0.2) { 15 * SECOND } else { 3 * SECOND };
            let at = together.unwrap_or_else(|| dice.below(late));
            self.acts.push((at, Act::Join(guest)));
        }
        for outsider in self.outsiders.clone() {
            self.acts.push((dice.below(10 * SECOND), Act::Join(outsider)));
        }
    }

    fn trouble(&mut self, dice: &mut Dice) {
        let at = dice.between(4 * SECOND, CALM - SECOND);
        let lasts = dice.one_of(&[SECOND / 2, 2 * SECOND, 4 * SECOND, 7 * SECOND, 12 * SECOND]);
        let end = (at + lasts).min(CALM);
        let someone = dice.one_of(&self.members);
        let guest = dice.one_of(&self.members[1..]);
        let acts = &mut self.acts;
        match dice.below(16) {
            0..=2 => acts.extend([(at, Act::Plug(someone, false)), (end, Act::Plug(someone, true))]),
            3..=4 if someone != guest => {
                acts.extend([(at, Act::Cut(someone, guest, true)), (end, Act::Cut(someone, guest, false))]);
            }
            5..=6 => acts.extend([(at, Act::Crash(guest)), (end, Act::Join(guest))]),
            7 => acts.extend([(at, Act::Leave(guest)), (end, Act::Join(guest))]),
            8 => acts.push((at, Act::Leave(guest))),
            9 => acts.push((at, Act::Crash(guest))),
            10 if dice.chance(0.5) => {
                acts.push((at, if dice.chance(0.5) { Act::Leave(HOST) } else { Act::Crash(HOST) }))
            }
            11..=12 => acts.push((at, Act::Sleep(someone, end - at, dice.chance(0.5)))),
            13 => acts.push((at, Act::Restart(guest))),
            14 => acts.extend([(at, Act::Storm(Loss { part: 0.3, burst: 5.0 })), (end, Act::Calm)]),
            _ => acts.extend([(at, Act::Storm(Loss { part: 0.05, burst: 2.0 })), (end, Act::Calm)]),
        }
    }

    /// Does everything that is to happen.
    pub fn run(&mut self, mut look: impl FnMut(&mut World)) {
        let admit = if self.world.dice.chance(0.2) { Admit::All } else { Admit::Ask };
        // Whoever comes in without a key needs the host's word, unless anybody may.
        let admit = if self.outsiders.is_empty() { admit } else { Admit::Ask };
        self.invite = Some(self.world.host(HOST, self.keyed, admit));
        for (at, act) in self.acts.clone() {
            while self.world.now < at {
                self.world.run_until(at.min(self.world.now + SECOND));
                look(&mut self.world);
            }
            self.perform(act);
        }
        self.world.heal();
        self.world.set_habits(self.habits);
    }

    fn perform(&mut self, act: Act) {
        let world = &mut self.world;
        if let Act::Crash(machine) | Act::Leave(machine) = act {
            let here = &mut world.machines[machine];
            here.hasty |= here.is_running() && !here.is_in();
        }
        match act {
            Act::Join(machine) => self.join(machine),
            Act::Leave(machine) => world.input(machine, Input::Leave),
            Act::Crash(machine) => world.crash(machine),
            Act::Plug(machine, plugged) => world.machines[machine].unplugged = !plugged,
            Act::Cut(one, other, cut) => world.cut(one, other, cut),
            Act::Sleep(machine, lasts, stands) => {
                let now = world.now;
                let here = &mut world.machines[machine];
                here.asleep_until = now + lasts;
                if stands {
                    here.clock.leap(now, -(lasts as i64));
                }
            }
            Act::Restart(machine) => self.restart(machine),
            Act::Storm(loss) => world.set_habits(Habits { loss, ..self.habits }),
            Act::Calm => world.set_habits(self.habits),
            Act::Bother(stranger, kind) => (0..20).for_each(|_| world.bother(stranger, kind)),
        }
    }

    fn join(&mut self, machine: usize) {
        let host = &self.world.machines[HOST];
        let mut invite = self.invite.clone().expect("the host began");
        if self.world.machines[machine].is_running() || !host.is_running() {
            return;
        }
        if self.world.machines[machine].part == Part::Outsider && invite.key.is_some() {
            invite.key = Some(InviteKey::new([7; 16]));
        }
        self.world.join(machine, &invite);
    }

    fn restart(&mut self, machine: usize) {
        let number = self.world.dice.below(100) as u8;
        let Some(router) = self.world.machines[machine].router else { return };
        if self.world.machines[HOST].router == Some(router) {
            return;
        }
        // No two homes have one address.
        let free = |address: &IpAddr| self.world.routers.iter().all(|router| router.outside != *address);
        let address = (0..100).map(|more| outside(100 + (number + more) % 100)).find(free).expect("homes are few");
        self.world.routers[router].restart(address);
        for other in 0..self.world.machines.len() {
            let here = &mut self.world.machines[other];
            if here.router != Some(router) {
                continue;
            }
            self.moved.insert(other);
            if here.mapped.take().is_some() {
                here.mapped = Some(self.world.routers[router].forward(here.address));
                self.world.tell_candidates(other);
            }
        }
    }

    /// Can these two reach each other at all, as things are now?
    pub fn linkable(&self, one: usize, other: usize) -> bool {
        let (a, b) = (self.nat(one), self.nat(other));
        let router = |machine: usize| self.world.machines[machine].router;
        let neighbours = router(one).is_some() && router(one) == router(other);
        let strict = |nat| matches!(nat, Nat::PortRestricted | Nat::Symmetric);
        let both_strict = (a == Nat::Symmetric && strict(b)) || (b == Nat::Symmetric && strict(a));
        // Who shares the host's home may have come in from inside: then nobody knows its port outside, and only who
        // lets in everybody, or everybody from one address, can be found by it.
        let hidden = |machine: usize| {
            let inside = router(machine).is_some() && router(machine) == router(HOST);
            inside && self.world.machines[machine].mapped.is_none()
        };
        let out_of_sight = (hidden(one) && strict(b)) || (hidden(other) && strict(a));
        neighbours || !(both_strict || out_of_sight)
    }

    /// Whom the way to a machine lets in; a mapped port lets everybody in.
    fn nat(&self, machine: usize) -> Nat {
        let machine = &self.world.machines[machine];
        let router = machine.router.filter(|_| machine.mapped.is_none());
        router.map_or(Nat::FullCone, |router| self.world.routers[router].nat)
    }
}

fn habits(dice: &mut Dice) -> Habits {
    let delay = dice.between(1, 60) * MS;
    let jitter =
        if dice.chance(0.5) { Jitter::Uniform(dice.below(15 * MS)) } else { Jitter::Exponential(dice.below(5 * MS)) };
    let part = if dice.chance(0.5) { 0.0 } else { dice.part() * 0.03 };
    let wild = |dice: &mut Dice| if dice.chance(0.5) { 0.0 } else { dice.part() * 0.05 };
    let (twins, overtaken, spoiled) = (wild(dice), wild(dice), wild(dice));
    let loss = Loss { part, burst: 1.0 + dice.part() * 3.0 };
    let road = Habits { delay, jitter, loss, twins, overtaken, spoiled };
    if dice.chance(0.2) { Habits::LAN } else { road }
}

/// The host can be reached by everybody; guests live in all kinds of homes.
fn member(world: &mut World, dice: &mut Dice, number: usize, name: &str) -> usize {
    let home = dice.chance(0.6);
    let shared = world.routers.len().checked_sub(1).filter(|_| dice.chance(0.25));
    if !home && shared.is_none() {
        return world.machine(Part::Member, name);
    }
    let router = shared.unwrap_or_else(|| {
        let (nat, hairpin) = (dice.one_of(&Nat::ALL), dice.chance(0.5));
        world.routers.push(Router::new(outside(50 + number as u8), nat, hairpin, dice.fork()));
        world.routers.len() - 1
    });
    let machine = world.machine_behind(router, Part::Member, name);
    if number == HOST || dice.chance(0.4) {
        let address = world.machines[machine].address;
        world.machines[machine].mapped = Some(world.routers[router].forward(address));
    }
    machine
}
