// SPDX-License-Identifier: MIT
//! Who shares the host's home and came in from inside: nobody outside has seen them yet.

use super::clock::SECOND;
use super::dice::Dice;
use super::machine::Part;
use super::router::{Nat, Router};
use super::script::HOST;
use super::wire::{Habits, Jitter, Loss};
use super::world::{World, outside};
use hyperzoom::mesh::Admit;
use hyperzoom::mesh::event::Event;

#[test]
fn a_guest_in_the_hosts_home_is_found_by_who_lets_in_a_whole_address() {
    for nat in [Nat::FullCone, Nat::AddressRestricted] {
        Nat::ALL.iter().for_each(|hosts| find(nat, *hosts, false));
    }
}

#[test]
fn a_guest_in_the_hosts_home_is_found_if_its_router_keeps_ports() {
    for nat in [Nat::FullCone, Nat::AddressRestricted, Nat::PortRestricted] {
        [Nat::FullCone, Nat::AddressRestricted, Nat::PortRestricted].iter().for_each(|hosts| find(nat, *hosts, true));
    }
}

/// One guest in the host's home, one in another.
fn find(nat: Nat, hosts: Nat, keeps_ports: bool) {
    for outer_first in [false, true] {
        let mut world = World::new(7);
        let loss = Loss { part: 0.0, burst: 1.0 };
        let jitter = Jitter::Uniform(0);
        world.set_habits(Habits { delay: 20_000_000, jitter, loss, twins: 0.0, overtaken: 0.0, spoiled: 0.0 });
        for (number, nat) in [(1, hosts), (2, nat)] {
            let mut router = Router::new(outside(50 + number), nat, false, Dice::new(number.into()));
            router.keeps_ports = keeps_ports;
            world.routers.push(router);
        }
        let host = world.machine_behind(0, Part::Member, "host");
        assert_eq!(host, HOST);
        let inner = world.machine_behind(0, Part::Member, "inner");
        let outer = world.machine_behind(1, Part::Member, "outer");
        let address = world.machines[HOST].address;
        world.machines[HOST].mapped = Some(world.routers[0].forward(address));
        let invite = world.host(HOST, true, Admit::Ask);
        for guest in if outer_first { [outer, inner] } else { [inner, outer] } {
            world.join(guest, &invite);
            world.run_until(world.now + SECOND);
        }
        world.run_until(world.now + 5 * SECOND);
        let linked = |from: usize, to: usize| {
            let there = world.machines[to].me().expect("everybody is in");
            world.machines[from].peer(there).linked
        };
        assert!(linked(inner, outer) && linked(outer, inner), "{nat:?}, host's {hosts:?}, {outer_first}");
        let no_road = |event: &Event| matches!(event, Event::NoRoad { .. });
        assert!(world.machines.iter().all(|machine| machine.told(0, no_road).is_none()));
    }
}
