// SPDX-License-Identifier: MIT
//! A home router: many inside addresses behind one outside, with the habits that RFC 4787 gives names to.

use super::clock::{SECOND, True};
use super::dice::Dice;
use core::net::{IpAddr, SocketAddr};

/// Who may answer through a hole, and whether each partner sees another port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nat {
    /// One port for all, and anybody may use it.
    FullCone,
    /// One port for all; machines that were written to may use it.
    AddressRestricted,
    /// One port for all; exact addresses that were written to may use it.
    PortRestricted,
    /// Another port for each partner.
    Symmetric,
}

impl Nat {
    pub const ALL: [Nat; 4] = [Nat::FullCone, Nat::AddressRestricted, Nat::PortRestricted, Nat::Symmetric];
}

#[derive(Clone, Debug)]
struct Hole {
    inside: SocketAddr,
    port: u16,
    /// The one partner of a symmetric hole.
    only: Option<SocketAddr>,
    written_to: Vec<SocketAddr>,
    used_at: True,
}

#[derive(Clone, Debug)]
pub struct Router {
    pub outside: IpAddr,
    pub nat: Nat,
    /// Inside machines can reach each other by their outside addresses.
    pub hairpin: bool,
    /// Holes close when nothing went out for so long.
    pub lifetime: True,
    /// Outside the same port as inside, where it is free.
    pub keeps_ports: bool,
    holes: Vec<Hole>,
    /// Ports opened on purpose: outside port and inside address.
    forwards: Vec<(u16, SocketAddr)>,
    dice: Dice,
}

impl Router {
    pub fn new(outside: IpAddr, nat: Nat, hairpin: bool, dice: Dice) -> Router {
        let (holes, forwards) = (Vec::new(), Vec::new());
        Router { outside, nat, hairpin, lifetime: 30 * SECOND, keeps_ports: false, holes, forwards, dice }
    }

    /// Opens a port on purpose; its outside address.
    pub fn forward(&mut self, inside: SocketAddr) -> SocketAddr {
        let port = self.free_port();
        self.forwards.push((port, inside));
        SocketAddr::new(self.outside, port)
    }

    /// It was switched off and on, or its provider gave it another address: all holes and ports are gone.
    pub fn restart(&mut self, outside: IpAddr) {
        self.outside = outside;
        self.holes.clear();
        self.forwards.clear();
    }

    fn is_free(&self, port: u16) -> bool {
        self.holes.iter().all(|hole| hole.port != port) && self.forwards.iter().all(|(forwarded, _)| *forwarded != port)
    }

    fn free_port(&mut self) -> u16 {
        loop {
            let port = self.dice.between(20_000, 60_000) as u16;
            if self.is_free(port) {
                return port;
            }
        }
    }

    /// Something goes out: where it seems to come from.
    pub fn out(&mut self, inside: SocketAddr, to: SocketAddr, now: True) -> SocketAddr {
        self.holes.retain(|hole| now - hole.used_at < self.lifetime);
        let outside = self.outside;
        if let Some((port, _)) = self.forwards.iter().find(|(_, forwarded)| *forwarded == inside) {
            return SocketAddr::new(outside, *port);
        }
        let only = (self.nat == Nat::Symmetric).then_some(to);
        let known = self.holes.iter().position(|hole| hole.inside == inside && hole.only == only);
        let index = known.unwrap_or_else(|| {
            let kept = self.keeps_ports && self.is_free(inside.port());
            let port = if kept { inside.port() } else { self.free_port() };
            self.holes.push(Hole { inside, port, only, written_to: Vec::new(), used_at: now });
            self.holes.len() - 1
        });
        let hole = &mut self.holes[index];
        hole.used_at = now;
        if !hole.written_to.contains(&to) {
            hole.written_to.push(to);
        }
        SocketAddr::new(outside, hole.port)
    }

    /// Something comes from outside: whom it is for, if it may come in.
    pub fn enter(&mut self, from: SocketAddr, port: u16, now: True) -> Option<SocketAddr> {
        if let Some((_, inside)) = self.forwards.iter().find(|(forwarded, _)| *forwarded == port) {
            return Some(*inside);
        }
        let hole = self.holes.iter().find(|hole| hole.port == port && now - hole.used_at < self.lifetime)?;
        let may = match self.nat {
            Nat::FullCone => true,
            Nat::AddressRestricted => hole.written_to.iter().any(|partner| partner.ip() == from.ip()),
            Nat::PortRestricted | Nat::Symmetric => hole.written_to.contains(&from),
        };
        may.then_some(hole.inside)
    }
}

#[test]
fn routers_have_the_habits_that_are_named() {
    let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
    let (me, one, same_machine, other) =
        (address("192.168.1.2:9"), address("44.0.0.1:1"), address("44.0.0.1:2"), address("44.0.0.2:1"));
    for nat in Nat::ALL {
        let mut router = Router::new(address("45.0.0.1:1").ip(), nat, false, Dice::new(1));
        let seen = router.out(me, one, 0);
        assert_eq!(router.out(me, one, SECOND), seen);
        assert_eq!(router.out(me, other, SECOND) == seen, nat != Nat::Symmetric);
        let mut enters = |from| router.enter(from, seen.port(), 2 * SECOND) == Some(me);
        let may = [enters(one), enters(same_machine), enters(other), enters(address("44.0.0.3:1"))];
        let expected = match nat {
            Nat::FullCone => [true; 4],
            Nat::AddressRestricted => [true, true, true, false],
            Nat::PortRestricted => [true, false, true, false],
            Nat::Symmetric => [true, false, false, false],
        };
        assert_eq!(may, expected, "{nat:?}");
        assert_eq!(router.enter(one, seen.port(), 40 * SECOND), None, "holes close");
        let open = router.forward(me);
        assert_eq!(router.enter(other, open.port(), 99 * SECOND), Some(me));
        router.restart(address("45.0.0.2:1").ip());
        assert_eq!(router.enter(other, open.port(), 99 * SECOND), None);
    }
}
