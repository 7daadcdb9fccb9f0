// SPDX-License-Identifier: MIT
//! The one UDP socket, both address families, voice marked for routers that care.
//!
//! A [`Socket`] is shared by reference: the voice thread, the conductor and the receiving thread use it at once, and
//! nothing here locks or allocates. Inside, IPv4 travels through an IPv6 socket as `::ffff:a.b.c.d`; outside,
//! everybody sees plain IPv4.
//!
//! Marks are given to each datagram where the system can (Linux), so that voice overtakes our own pictures in any
//! queue that looks. macOS and Windows could mark only the socket as a whole, or only with administrator's rights:
//! there nothing is marked, because pictures marked as voice would be worse than voice that is not.

#[cfg(target_os = "linux")]
mod marked;

use super::addresses::plain;
use socket2::{Domain, Protocol, SockAddr, Type};
use std::io;
use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// Half a second of everything that three others could send us (3 x 1 Mbit/s), several times over: the receiving
/// thread may be kept waiting by a machine that is too busy, and what then overflows is voice.
const RECEIVE_BUFFER: usize = 1 << 20;

/// A key frame for three, and more than the pacer ever sends at once. What does not fit is an error at once.
const SEND_BUFFER: usize = 256 << 10;

/// The receiving thread looks this often whether it shall end.
pub(super) const RECEIVE_MAX: Duration = Duration::from_millis(50);

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another program has it.
    #[error("UDP port {port} is in use by another program; end that one, or choose another port with --port")]
    PortInUse {
        /// The port that was asked for.
        port: u16,
    },
    /// Below 1024, usually.
    #[error("UDP port {port} may not be used by this account; choose one from 1024 on with --port")]
    NotPermitted {
        /// The port that was asked for.
        port: u16,
    },
    /// Listening on an address needs to have it.
    #[error("{address} is not an address of this machine; leave --bind out to listen on all of them")]
    NotOurs {
        /// The address that was asked for.
        address: IpAddr,
    },
    /// The system's own reason.
    #[error("UDP cannot be used on this machine")]
    Unusable(#[source] io::Error),
}

/// The socket.
#[derive(Debug)]
pub struct Socket {
    socket: socket2::Socket,
    port: u16,
    families: Families,
}

/// What it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Families {
    /// IPv6, and IPv4 inside of it.
    Both,
    V4,
    V6,
}

impl Socket {
    /// Listens on `port` of one address of this machine, or of all; on any free port if it is 0.
    pub fn open(address: Option<IpAddr>, port: u16) -> Result<Socket, SocketError> {
        let opened = match address {
            Some(address) => open_one(address, port),
            None => open_dual(port),
        };
        let (socket, families) = match (opened, address) {
            (Ok(opened), _) => opened,
            (Err(e), _) if e.kind() == io::ErrorKind::AddrInUse => return Err(SocketError::PortInUse { port }),
            (Err(e), Some(address)) if e.kind() == io::ErrorKind::AddrNotAvailable => {
                return Err(SocketError::NotOurs { address });
            }
            (Err(e), Some(_)) => return Err(refused(e, port)),
            // A machine without IPv6 says so in various ways.
            (Err(_), None) => open_one(Ipv4Addr::UNSPECIFIED.into(), port).map_err(|e| refused(e, port))?,
        };
        let port = local_port(&socket).map_err(SocketError::Unusable)?;
        Ok(Socket { socket, port, families })
    }

    /// The port, chosen or given.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether IPv6 is spoken too.
    pub fn speaks_v6(&self) -> bool {
        self.families != Families::V4
    }

    /// Sends a datagram that may wait behind voice: pictures, control. Never blocks; a network that is not there
    /// is an answer, and the next datagram may have more luck.
    pub fn send(&self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        self.send_as(to, datagram, Mark::None)
    }

    /// Sends a datagram of voice.
    pub fn send_voice(&self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        self.send_as(to, datagram, Mark::Voice)
    }

    #[cfg(target_os = "linux")]
    fn send_as(&self, to: SocketAddr, datagram: &[u8], mark: Mark) -> io::Result<()> {
        marked::send(&self.socket, &SockAddr::from(self.inner(to)?), datagram, mark)
    }

    #[cfg(all(unix, not(target_os = "linux")))]
    fn send_as(&self, to: SocketAddr, datagram: &[u8], _: Mark) -> io::Result<()> {
        let to = SockAddr::from(self.inner(to)?);
        self.socket.send_to_with_flags(datagram, &to, libc::MSG_DONTWAIT).map(drop)
    }

    #[cfg(not(unix))]
    fn send_as(&self, to: SocketAddr, datagram: &[u8], _: Mark) -> io::Result<()> {
        // Windows takes what fits into the send buffer without waiting, and throws away the rest.
        self.socket.send_to(datagram, &SockAddr::from(self.inner(to)?)).map(drop)
    }

    /// Waits for a datagram, a moment at most; `None` when none came. Longer ones than `into` are cut.
    pub(super) fn receive(&self, into: &mut [u8]) -> io::Result<Option<(usize, SocketAddr)>> {
        // SAFETY: `recv_from` only writes initialised bytes.
        let room = unsafe { &mut *(std::ptr::from_mut(into) as *mut [MaybeUninit<u8>]) };
        match self.socket.recv_from(room) {
            Ok((length, from)) => Ok(from.as_socket().map(|from| (length.min(into.len()), plain(from)))),
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// As the system wants it said.
    fn inner(&self, to: SocketAddr) -> io::Result<SocketAddr> {
        match (self.families, to) {
            (Families::Both, SocketAddr::V4(v4)) => Ok(SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port())),
            (Families::V4, SocketAddr::V6(_)) | (Families::V6, SocketAddr::V4(_)) => {
                Err(io::ErrorKind::NetworkUnreachable.into())
            }
            _ => Ok(to),
        }
    }
}

/// How a datagram wants to be treated on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// Expedited forwarding: first in every queue that looks, and on Wi-Fi.
    Voice,
    /// Like everything else.
    None,
}

fn open_dual(port: u16) -> io::Result<(socket2::Socket, Families)> {
    let socket = socket2::Socket::new(Domain::IPV6, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_only_v6(false)?;
    Ok((bind(socket, Ipv6Addr::UNSPECIFIED.into(), port)?, Families::Both))
}

fn open_one(address: IpAddr, port: u16) -> io::Result<(socket2::Socket, Families)> {
    let (domain, families) =
        if address.is_ipv4() { (Domain::IPV4, Families::V4) } else { (Domain::IPV6, Families::V6) };
    let socket = socket2::Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    Ok((bind(socket, address, port)?, families))
}

fn bind(socket: socket2::Socket, address: IpAddr, port: u16) -> io::Result<socket2::Socket> {
    socket.bind(&SocketAddr::new(address, port).into())?;
    // The system gives less where its limit is lower, which does for all but the busiest moments.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    let _ = socket.set_send_buffer_size(SEND_BUFFER);
    socket.set_read_timeout(Some(RECEIVE_MAX))?;
    Ok(socket)
}

fn local_port(socket: &socket2::Socket) -> io::Result<u16> {
    let address = socket.local_addr()?.as_socket();
    Ok(address.expect("a UDP socket has an address with a port").port())
}

fn refused(error: io::Error, port: u16) -> SocketError {
    match error.kind() {
        io::ErrorKind::AddrInUse => SocketError::PortInUse { port },
        io::ErrorKind::PermissionDenied => SocketError::NotPermitted { port },
        _ => SocketError::Unusable(error),
    }
}

#[cfg(test)]
mod tests {
    use super::{Socket, SocketError};
    use std::net::{Ipv4Addr, SocketAddr};

    fn here(port: u16) -> Result<Socket, SocketError> {
        Socket::open(Some(Ipv4Addr::LOCALHOST.into()), port)
    }

    fn await_datagram(socket: &Socket, into: &mut [u8]) -> (usize, SocketAddr) {
        let mut received = (0..200).map(|_| socket.receive(into).expect("receiving goes on"));
        received.find_map(|r| r).expect("a datagram over loopback within ten seconds")
    }

    #[test]
    fn what_is_longer_than_the_room_is_cut() {
        let (a, b) = (here(0).expect("a free port"), here(0).expect("a free port"));
        let mut bytes = [0; 4];
        a.send(SocketAddr::from((Ipv4Addr::LOCALHOST, b.port())), b"too long").expect("loopback takes it");
        assert_eq!(await_datagram(&b, &mut bytes).0, 4);
    }

    #[test]
    fn a_port_in_use_is_one_clear_error() {
        let first = here(0).expect("a free port");
        let error = here(first.port()).expect_err("it is taken");
        assert!(matches!(error, SocketError::PortInUse { port } if port == first.port()), "{error:?}");
        assert!(error.to_string().contains(&format!("UDP port {} is in use", first.port())), "{error}");
    }

    #[test]
    fn a_port_that_nobody_listens_on_does_not_end_receiving() {
        let (a, b) = (here(0).expect("a free port"), here(0).expect("a free port"));
        let gone = here(0).expect("a free port").port();
        for _ in 0..3 {
            // Some systems tell of the answer to the one before.
            let _ = a.send(SocketAddr::from((Ipv4Addr::LOCALHOST, gone)), b"anybody?");
        }
        b.send(SocketAddr::from((Ipv4Addr::LOCALHOST, a.port())), b"yes").expect("loopback takes it");
        let mut bytes = [0; 32];
        assert_eq!(await_datagram(&a, &mut bytes).1.port(), b.port());
    }
}
