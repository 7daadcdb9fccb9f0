// SPDX-License-Identifier: MIT
//! A home's router: real masquerading by nftables, and a real miniupnpd that opens ports in it.

use super::namespace::Namespace;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Where the router's control pages are.
const CONTROL_PORT: u16 = 5_000;
/// For a busy machine; a program that starts takes a twentieth of a second.
const START_MAX: Duration = Duration::from_secs(10);

/// Which languages the router speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// UPnP alone.
    Upnp,
    /// PCP and NAT-PMP alone.
    Pcp,
    /// All of them, as most do.
    All,
    /// None: the router only masquerades.
    Nothing,
}

/// One router with its daemon.
#[derive(Debug)]
pub struct Router {
    /// Its network; `lan` is a bridge, `wan` leads out.
    pub namespace: Namespace,
    /// Its address inside.
    pub inside: Ipv4Addr,
    /// Its address outside.
    pub outside: Ipv4Addr,
    folder: TempDir,
    daemon: Option<Child>,
}

impl Router {
    /// Masquerades, and speaks nothing yet.
    pub fn new(inside: Ipv4Addr, outside: Ipv4Addr) -> std::io::Result<Router> {
        let namespace = Namespace::new()?;
        namespace
            .ip(&format!("link add lan type bridge mcast_snooping 0\naddr add {inside}/24 dev lan\nlink set lan up"));
        namespace.inside(|| fs::write("/proc/sys/net/ipv4/ip_forward", "1"))?;
        namespace.nft(RULES);
        Ok(Router { namespace, inside, outside, folder: tempfile::tempdir()?, daemon: None })
    }

    /// Starts miniupnpd, and waits until it listens.
    #[track_caller]
    pub fn speak(&mut self, speaks: Speaks) {
        self.silence();
        if speaks == Speaks::Nothing {
            return;
        }
        let folder = self.folder.path();
        let yes = |yes| if yes { "yes" } else { "no" };
        let settings = format!(
            "ext_ifname=wan\nlistening_ip=lan\nhttp_port={CONTROL_PORT}\nenable_upnp={}\nenable_natpmp={}\n\
             secure_mode=yes\nlease_file={}\nuuid=00000000-0000-0000-0000-{:012x}\n\
             upnp_table_name=home\nupnp_nat_table_name=home\nupnp_forward_chain=opened\n\
             upnp_nat_chain=redirected\nupnp_nat_postrouting_chain=returned\n\
             allow 1024-65535 {}/24 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535\n",
            yes(speaks != Speaks::Pcp),
            yes(speaks != Speaks::Upnp),
            folder.join("leases").display(),
            u32::from(self.outside),
            self.inside,
        );
        fs::write(folder.join("settings"), settings).expect("our own folder");
        let said = File::create(folder.join("said")).expect("our own folder");
        let mut command = self.namespace.command("miniupnpd");
        command.arg("-d").arg("-f").arg(folder.join("settings")).arg("-P").arg(folder.join("pid"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        self.daemon = Some(command.spawn().expect("a tool that was looked for"));
        self.await_ear(speaks);
    }

    #[track_caller]
    fn await_ear(&mut self, speaks: Speaks) {
        let began = Instant::now();
        let address = SocketAddrV4::new(self.inside, CONTROL_PORT);
        loop {
            let listens = match speaks {
                Speaks::Pcp => self.namespace.ask("ss", &["-lnu"]).contains(":5351 "),
                _ => self.namespace.inside(|| TcpStream::connect(address).is_ok()),
            };
            if listens {
                return;
            }
            let ended = self.daemon.as_mut().and_then(|daemon| daemon.try_wait().expect("our own child"));
            assert!(ended.is_none() && began.elapsed() < START_MAX, "miniupnpd said {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The daemon's own words, for a test that fails.
    pub fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }

    /// The daemon dies without a word. With `forgets`, what it had opened is closed, as by a router that starts anew.
    pub fn die(&mut self, forgets: bool) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().expect("our own child");
            daemon.wait().expect("our own child");
        }
        if forgets {
            self.namespace.nft("flush chain inet home redirected\nflush chain inet home opened");
            // It may never have written one.
            let _ = fs::remove_file(self.folder.path().join("leases"));
        }
    }

    fn silence(&mut self) {
        self.die(false);
    }

    /// The open ports, by the word of the kernel: port outside, and where it leads.
    pub fn mappings(&self) -> Vec<(u16, SocketAddrV4)> {
        let rules = self.namespace.ask("nft", &["-n", "list", "chain", "inet", "home", "redirected"]);
        rules.lines().filter_map(mapping).collect()
    }

    /// Opens a port by hand, as a person would on the router's pages.
    pub fn forward(&self, port: u16, to: SocketAddrV4) {
        self.namespace.nft(&format!("add rule inet home by_hand iifname wan udp dport {port} dnat ip to {to}"));
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        self.die(false);
    }
}

/// `iif "wan" @nh,72,8 17 udp dport 5004 ... dnat ip to 192.168.1.10:5004`
fn mapping(rule: &str) -> Option<(u16, SocketAddrV4)> {
    let after = |mark: &str| rule.split_once(mark)?.1.split_whitespace().next();
    Some((after("dport ")?.parse().ok()?, after(" to ")?.parse().ok()?))
}

/// What an ordinary home router does: everything may go out under the router's address, answers may come in, and
/// whatever was opened. What knocks uninvited is dropped without a trace: a router that took it for itself would
/// remember it as a connection of its own, and give the port to nobody else.
const RULES: &str = "
table inet home {
    chain input {
        type filter hook input priority 0;
        ct state established,related accept
        iifname wan drop
    }
    chain forward {
        type filter hook forward priority 0; policy drop;
        ct state established,related accept
        ct status dnat accept
        iifname lan accept
        jump opened
    }
    chain opened { }
    chain prerouting {
        type nat hook prerouting priority -100;
        jump by_hand
        jump redirected
    }
    chain by_hand { }
    chain redirected { }
    chain postrouting {
        type nat hook postrouting priority 100;
        oifname wan masquerade
        jump returned
    }
    chain returned { }
}
";
