// SPDX-License-Identifier: MIT
//! A small internet in network namespaces: homes behind real NAT routers, a machine outside, and whole packets
//! carried between them as badly as a test wants.
//!
//! ```text
//!   people 192.168.1.10, .11 -- lan [router A] wan 25.1.0.2 --.
//!                                                              internet (weather) -- wan 25.9.0.2, outside
//!   people 192.168.2.10, .11 -- lan [router B] wan 25.2.0.2 --'
//! ```
//!
//! Nothing of it has a name outside this process, and nothing reaches the machine's own network.

use super::internet::Internet;
use super::namespace::Namespace;
use super::router::{Router, Speaks};
use super::weather::Weather;
use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::OnceLock;

/// Where the machine outside is.
pub const OUTSIDE: Ipv4Addr = Ipv4Addr::new(25, 9, 0, 2);

/// The tools of the world, by their packages.
const TOOLS: [(&str, &str); 4] =
    [("ip", "iproute2"), ("ss", "iproute2"), ("nft", "nftables"), ("miniupnpd", "miniupnpd with nftables")];

/// One machine in a home.
#[derive(Debug)]
pub struct Machine {
    /// Its network.
    pub namespace: Namespace,
    /// Its address in the home.
    pub address: Ipv4Addr,
    gateway: Ipv4Addr,
}

impl Machine {
    /// A program that runs on this machine.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        self.namespace.command(program)
    }

    /// Takes the cable out, or puts it in again.
    pub fn plug(&self, plugged: bool) {
        match plugged {
            true => self.namespace.ip(&format!("link set lan up\nroute add default via {}", self.gateway)),
            false => self.namespace.ip("link set lan down"),
        }
    }
}

/// A router and the machines behind it.
#[derive(Debug)]
pub struct Home {
    /// The way out.
    pub router: Router,
    /// As many as were asked for.
    pub machines: Vec<Machine>,
}

impl Home {
    /// The first machine.
    pub fn machine(&self) -> &Machine {
        &self.machines[0]
    }

    fn new(number: u8, outside: Ipv4Addr, machines: u8) -> Home {
        let inside = Ipv4Addr::new(192, 168, number, 1);
        let router = Router::new(inside, outside).expect("a router");
        let machines = (0..machines).map(|n| attach(&router, n, Ipv4Addr::new(192, 168, number, 10 + n))).collect();
        Home { router, machines }
    }
}

/// A machine on the router's bridge.
fn attach(router: &Router, number: u8, address: Ipv4Addr) -> Machine {
    let namespace = Namespace::new().expect("a network");
    let (port, there) = (format!("port{number}"), namespace.path());
    router.namespace.ip(&format!(
        "link add {port} type veth peer name lan netns {there}\nlink set {port} master lan\nlink set {port} up"
    ));
    namespace.ip(&format!("addr add {address}/24 dev lan"));
    let machine = Machine { namespace, address, gateway: router.inside };
    machine.plug(true);
    machine
}

/// Homes, a machine outside, and what lies between.
#[derive(Debug)]
pub struct World {
    /// Ended first, so that nothing is carried into a home that is going.
    pub internet: Internet,
    /// Numbered from 0.
    pub homes: Vec<Home>,
    /// A machine with an address of its own on the internet.
    pub outside: Namespace,
}

impl World {
    /// One home with one machine, whose router speaks that.
    pub fn one_home(speaks: Speaks) -> World {
        World::new(&[(Ipv4Addr::new(25, 1, 0, 2), 1, speaks)])
    }

    /// Two homes with one machine each.
    pub fn two_homes(speaks: Speaks) -> World {
        World::new(&[(Ipv4Addr::new(25, 1, 0, 2), 1, speaks), (Ipv4Addr::new(25, 2, 0, 2), 1, speaks)])
    }

    /// Homes as (address outside, machines, what the router speaks).
    pub fn new(plan: &[(Ipv4Addr, u8, Speaks)]) -> World {
        let numbered = plan.iter().zip(1..);
        let mut homes: Vec<Home> =
            numbered.map(|(&(outside, machines, _), number)| Home::new(number, outside, machines)).collect();
        let outside = Namespace::new().expect("a network");
        let mut networks: Vec<(&Namespace, Ipv4Addr)> =
            homes.iter().map(|home| (&home.router.namespace, home.router.outside)).collect();
        networks.push((&outside, OUTSIDE));
        let internet = Internet::between(1, &networks).expect("the system has TUN devices");
        for (home, (.., speaks)) in homes.iter_mut().zip(plan) {
            home.router.speak(*speaks);
        }
        World { internet, homes, outside }
    }

    /// The same weather on both ways of every home's access.
    pub fn weather(&self, weather: Weather) {
        for home in &self.homes {
            self.internet.set(home.router.outside, weather, weather);
        }
    }
}

/// May such a world be made here? If not, one line says why, once, and the test has nothing to do.
pub fn possible() -> bool {
    static WHY_NOT: OnceLock<Option<String>> = OnceLock::new();
    let why_not = WHY_NOT.get_or_init(|| {
        let why_not = why_not();
        if let Some(why) = &why_not {
            eprintln!("Skipped: tests between network namespaces ({why})");
        }
        why_not
    });
    why_not.is_none()
}

fn why_not() -> Option<String> {
    if let Err(why) = Namespace::bare() {
        return Some(format!("making one is not permitted: {why}; root may"));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has = |tool: &str| std::env::split_paths(&path).any(|folder| folder.join(tool).exists());
    if let Some((tool, package)) = TOOLS.iter().find(|(tool, _)| !has(tool)) {
        return Some(format!("{tool} is not installed; it comes with {package}"));
    }
    // Its first line ends with the firewall that it was built for, and the routers here have nftables.
    let said =
        Command::new("miniupnpd").arg("--version").output().map(|output| [output.stdout, output.stderr].concat());
    if !said.is_ok_and(|said| String::from_utf8_lossy(&said).contains("nftables")) {
        return Some("miniupnpd is built for another firewall than nftables".into());
    }
    Namespace::complete().err().map(|why| format!("a router cannot be made here: {why}"))
}
