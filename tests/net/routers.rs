// SPDX-License-Identifier: MIT
//! Routers as they are: each refuses in its own way, and each opens the port in the end or says why not.

use super::fake::{Fake, Law, Wish};
use super::mapping::{PORT, Trial, patient};
use super::router::Speaks;
use super::world::{World, possible};
use hyperzoom::net::mapping::{How, Progress};
use std::net::{Ipv4Addr, SocketAddrV4};

const EXTERNAL: Ipv4Addr = Ipv4Addr::new(25, 1, 0, 2);
const SOMEBODY_ELSE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 77);

const ANYTHING: Law = |_, _| Ok(());
const ONLY_FREE: Law = |open, wish| if open.contains_key(&wish.external) { Err(718) } else { Ok(()) };

/// A home whose router obeys that law, and what becomes of a machine's wish there.
fn with_router<T>(law: Law, before: impl FnOnce(&Fake), then: impl FnOnce(&Trial, &Fake) -> T) -> Option<T> {
    if !possible() {
        return None;
    }
    let world = World::one_home(Speaks::Nothing);
    let home = &world.homes[0];
    let fake = Fake::start(&home.router.namespace, home.router.inside, EXTERNAL, law);
    before(&fake);
    let trial = home.machine().namespace.inside(|| Trial::open(patient()));
    let answer = then(&trial, &fake);
    trial.close();
    assert!(fake.open().iter().all(|wish| *wish.to.ip() == SOMEBODY_ELSE), "ours was left open: {:?}", fake.open());
    Some(answer)
}

fn ours() -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::new(192, 168, 1, 10), PORT)
}

fn leases(fake: &Fake) -> Vec<u32> {
    fake.wishes().iter().map(|wish| wish.lease_s).collect()
}

#[test]
fn one_that_knows_only_leases_without_end_gets_such_a_wish() {
    with_router(
        |_, wish| if wish.lease_s == 0 { Ok(()) } else { Err(725) },
        |_| {},
        |trial, fake| {
            let (external, lease_s, how) = trial.mapped();
            assert_eq!((external.to_string().as_str(), lease_s, how), ("25.1.0.2:5004", 0, How::Upnp));
            assert_eq!(leases(fake), [3_600, 0]);
        },
    );
}

#[test]
fn one_that_refuses_a_lease_without_end_as_well_gets_a_longer_one() {
    with_router(
        |_, wish| match wish.lease_s {
            0 => Err(402),
            86_400 => Ok(()),
            _ => Err(725),
        },
        |_| {},
        |trial, fake| {
            assert_eq!(trial.mapped().1, 86_400);
            assert_eq!(leases(fake), [3_600, 0, 86_400]);
        },
    );
}

#[test]
fn one_that_dislikes_an_hour_without_a_good_reason_is_asked_for_no_end() {
    for code in [402, 501] {
        let law: Law = match code {
            402 => |_, wish| if wish.lease_s == 0 { Ok(()) } else { Err(402) },
            _ => |_, wish| if wish.lease_s == 0 { Ok(()) } else { Err(501) },
        };
        with_router(law, |_| {}, |trial, _| assert_eq!(trial.mapped().1, 0));
    }
}

#[test]
fn a_port_that_somebody_else_has_stays_theirs() {
    let theirs = SocketAddrV4::new(SOMEBODY_ELSE, PORT);
    with_router(
        ONLY_FREE,
        |fake| fake.occupy(PORT, theirs),
        |trial, fake| {
            let external = trial.mapped().0;
            assert_ne!(external.port(), PORT);
            let expected = Wish { external: external.port(), to: ours(), lease_s: 3_600 };
            assert_eq!(fake.open(), [Wish { external: PORT, to: theirs, lease_s: 0 }, expected]);
        },
    );
}

#[test]
fn an_old_entry_of_our_own_is_replaced() {
    with_router(
        ONLY_FREE,
        |fake| fake.occupy(PORT, ours()),
        |trial, fake| {
            assert_eq!(trial.mapped().0.port(), PORT);
            assert_eq!(fake.open(), [Wish { external: PORT, to: ours(), lease_s: 3_600 }]);
        },
    );
}

#[test]
fn one_that_says_no_is_not_asked_in_other_words() {
    with_router(
        |_, _| Err(606),
        |_| {},
        |trial, fake| {
            trial.failed("does not let programs open ports");
            assert_eq!(fake.wishes().len(), 1);
        },
    );
}

#[test]
fn one_that_wants_the_same_port_and_has_given_it_away_is_told_as_that() {
    with_router(
        |open, wish| match (open.contains_key(&wish.external), wish.external == wish.to.port()) {
            (true, _) => Err(718),
            (_, false) => Err(724),
            _ => Ok(()),
        },
        |fake| fake.occupy(PORT, SocketAddrV4::new(SOMEBODY_ELSE, PORT)),
        |trial, _| {
            let trouble = trial.failed("belongs to another computer");
            assert!(trouble.advice.contains("--port"), "{trouble:?}");
        },
    );
}

#[test]
fn a_television_that_answers_first_is_not_the_router() {
    if !possible() {
        return;
    }
    let world = World::new(&[(EXTERNAL, 2, Speaks::Upnp)]);
    let home = &world.homes[0];
    let television = Fake::start(&home.machines[1].namespace, home.machines[1].address, EXTERNAL, ANYTHING);
    let trial = home.machine().namespace.inside(|| Trial::open(patient()));
    trial.mapped();
    assert_eq!(home.router.mappings(), [(PORT, ours())]);
    assert_eq!(television.wishes(), []);
    trial.close();
}

#[test]
fn with_two_networks_the_router_of_the_one_that_leads_out_is_asked() {
    if !possible() {
        return;
    }
    let world = World::one_home(Speaks::Upnp);
    let home = &world.homes[0];
    // An office's network, over which everything is sent that has no address, as a search would be.
    let office = super::namespace::Namespace::new().expect("a network");
    let there = office.path();
    home.machine().namespace.ip(&format!(
        "link add office type veth peer name lan netns {there}\naddr add 10.9.0.10/24 dev office\n\
         link set office up\nroute add 224.0.0.0/4 dev office"
    ));
    office.ip("addr add 10.9.0.1/24 dev lan\nlink set lan up");
    let elsewhere = Fake::start(&office, Ipv4Addr::new(10, 9, 0, 1), EXTERNAL, ANYTHING);
    let trial = home.machine().namespace.inside(|| Trial::open(patient()));
    trial.mapped();
    assert_eq!(home.router.mappings(), [(PORT, ours())]);
    assert_eq!(elsewhere.wishes(), []);
    trial.close();
}

#[test]
fn a_port_of_an_address_that_the_provider_shares_is_open_and_useless_and_told_so() {
    if !possible() {
        return;
    }
    let world = World::one_home(Speaks::Nothing);
    let home = &world.homes[0];
    let shared = Ipv4Addr::new(100, 70, 1, 2);
    let fake = Fake::start(&home.router.namespace, home.router.inside, shared, ANYTHING);
    let trial = home.machine().namespace.inside(|| Trial::open(patient()));
    let enclosed = trial.await_that(|progress| match progress {
        Progress::Mapped { enclosed, .. } => Some(enclosed),
        _ => None,
    });
    let trouble = enclosed.expect("that address is not of the internet");
    assert!(trouble.why.contains("shares one internet address"), "{trouble:?}");
    trial.close();
    assert_eq!(fake.open(), []);
}
