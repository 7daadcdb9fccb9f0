// SPDX-License-Identifier: MIT
//! UPnP: finding the router's control address, and asking for a port in the ways that real routers understand.
//!
//! Routers differ: some take only leases without end (725), some refuse exactly those (402), some keep an old entry
//! of ours as a conflict (718), and now and then a television answers the search before the router does.

use crate::net::addresses::Router;
use igd_next::aio::tokio::{Tokio, search_gateway};
use igd_next::aio::{Gateway, Provider};
use igd_next::{AddPortError, GetExternalIpError, PortMappingProtocol, RemovePortError, RequestError, SearchOptions};
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// What the router's own pages will show.
const DESCRIPTION: &str = "HyperZoom";

/// In this order: an hour; without end, for those that know nothing else; a day, for those that want neither.
const LEASES_S: [u32; 3] = [super::LEASE_S, 0, 86_400];

/// Two leases refused, an old entry of ours, and three ports taken by others: enough for any router that works.
const TRIES_MAX: u32 = 7;

/// Where another port is looked for: nobody is registered there.
const OTHER_PORTS: std::ops::Range<u16> = 49_152..65_535;

/// A router that was asked directly has usually told everything by then, and small routers do not like to be asked
/// everything twice at once.
const MULTICAST_WAITS: Duration = Duration::from_millis(300);

/// How long somebody who answered but is not our router waits for the router to answer.
const STRANGER_WAITS: Duration = Duration::from_millis(900);

/// What a router would not do.
#[derive(Debug, thiserror::Error)]
pub(super) enum UpnpError {
    /// No answer to the search, or none that makes sense.
    #[error("no router answers UPnP")]
    NotFound,
    /// The person who runs it said no.
    #[error("the router does not let programs open ports")]
    NotAllowed,
    /// Only the same port number outside as inside, and another computer has it.
    #[error("another computer has port {0} of the router")]
    Taken(u16),
    /// Every variant was refused; the last reason.
    #[error("the router refused: {0}")]
    Refused(String),
    /// It answered once and then no more, or nonsense.
    #[error("the router does not answer properly: {0}")]
    Silent(String),
    /// The entry that we had made is not there.
    #[error("the router has forgotten the port")]
    Forgotten,
}

/// A router that speaks UPnP.
#[derive(Clone)]
pub(super) struct Upnp {
    gateway: Gateway<Tokio>,
    router: Router,
}

/// What was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub external_port: u16,
    /// 0 is without end.
    pub lease_s: u32,
}

/// Finds the router. It is asked directly and then, as the standard wants it, by multicast; whoever else answers
/// is taken only if the router itself does not.
pub(super) async fn find(router: Router, within: Duration) -> Result<Upnp, UpnpError> {
    let found = |gateway| Upnp { gateway, router };
    let is_router = |gateway: &Gateway<Tokio>| gateway.addr.ip() == IpAddr::V4(router.address);
    let directly = search(router, SocketAddrV4::new(router.address, 1900), within);
    let by_multicast = async {
        sleep(MULTICAST_WAITS).await;
        search(router, SocketAddrV4::new(Ipv4Addr::new(239, 255, 255, 250), 1900), within).await
    };
    tokio::pin!(directly, by_multicast);
    tokio::select! {
        Ok(gateway) = &mut directly => Ok(found(gateway)),
        Ok(gateway) = &mut by_multicast => match is_router(&gateway) {
            true => Ok(found(gateway)),
            false => match timeout(STRANGER_WAITS.min(within), directly).await {
                Ok(Ok(router)) => Ok(found(router)),
                _ => Ok(found(gateway)),
            },
        },
        else => Err(UpnpError::NotFound),
    }
}

/// One search, from the interface that leads to the router: elsewhere another network would answer.
async fn search(router: Router, whom: SocketAddrV4, within: Duration) -> Result<Gateway<Tokio>, igd_next::SearchError> {
    let mut options = SearchOptions::default();
    options.bind_addr = SocketAddr::new(router.ours.into(), 0);
    options.broadcast_address = whom.into();
    options.timeout = Some(within);
    options.single_search_timeout = Some(within);
    search_gateway(options).await
}

impl Upnp {
    pub(super) fn router(&self) -> &Router {
        &self.router
    }

    /// The router's address outside; unspecified if it has none, which many say by saying nothing.
    pub(super) async fn external(&self) -> Result<IpAddr, UpnpError> {
        match self.gateway.get_external_ip().await {
            Ok(external) => Ok(external),
            Err(GetExternalIpError::RequestError(RequestError::InvalidResponse(_))) => Ok(Ipv4Addr::UNSPECIFIED.into()),
            Err(e) => Err(UpnpError::Silent(e.to_string())),
        }
    }

    /// Opens a port, `wanted` if it can be had.
    pub(super) async fn open(&self, port: u16, wanted: u16) -> Result<Opened, UpnpError> {
        let mut external_port = wanted;
        let mut leases = LEASES_S.iter().copied().peekable();
        let (mut evicted, mut same_only) = (false, false);
        let mut last = String::new();
        for _ in 0..TRIES_MAX {
            let Some(&lease_s) = leases.peek() else { break };
            let ours = SocketAddr::new(self.router.ours.into(), port);
            let asked = self.gateway.add_port(PortMappingProtocol::UDP, external_port, ours, lease_s, DESCRIPTION);
            let refused = match asked.await {
                Ok(()) => return Ok(Opened { external_port, lease_s }),
                Err(refused) => refused,
            };
            last = refused.to_string();
            match refused {
                AddPortError::ActionNotAuthorized => return Err(UpnpError::NotAllowed),
                AddPortError::PortInUse if !evicted && self.is_ours(external_port, port).await => {
                    evicted = true;
                    // If it cannot be removed, the next try says so.
                    let _ = self.close(external_port).await;
                }
                AddPortError::PortInUse if same_only => return Err(UpnpError::Taken(port)),
                AddPortError::PortInUse => external_port = another(external_port),
                AddPortError::SamePortValuesRequired if external_port == port => return Err(UpnpError::Taken(port)),
                AddPortError::SamePortValuesRequired => (external_port, same_only) = (port, true),
                AddPortError::OnlyPermanentLeasesSupported if lease_s == 0 => break,
                AddPortError::OnlyPermanentLeasesSupported => {
                    while leases.next_if(|&lease_s| lease_s != 0).is_some() {}
                }
                // 402 is said of a lease that does not please, and 501 of anything.
                AddPortError::RequestError(RequestError::ErrorCode(402 | 501, _)) => drop(leases.next()),
                AddPortError::RequestError(RequestError::ErrorCode(..)) => break,
                AddPortError::RequestError(silent) => return Err(UpnpError::Silent(silent.to_string())),
                _ => break,
            }
        }
        Err(UpnpError::Refused(last))
    }

    /// Closes it again. That it is not open is no failure.
    pub(super) async fn close(&self, external_port: u16) -> Result<(), UpnpError> {
        match self.gateway.remove_port(PortMappingProtocol::UDP, external_port).await {
            Ok(()) | Err(RemovePortError::NoSuchPortMapping) => Ok(()),
            Err(e) => Err(UpnpError::Silent(e.to_string())),
        }
    }

    /// Is what we opened still open? Answers with the router's address outside, which may have changed.
    pub(super) async fn check(&self, opened: Opened, port: u16) -> Result<IpAddr, UpnpError> {
        let external = self.external().await?;
        match self.entry(opened.external_port).await? {
            Entry::To(client) if client != SocketAddrV4::new(self.router.ours, port) => Err(UpnpError::Forgotten),
            Entry::Nobody => Err(UpnpError::Forgotten),
            Entry::To(_) | Entry::Unknown => Ok(external),
        }
    }

    /// An entry that leads to this very port of this machine can only be our own, of a time before: the port is
    /// ours alone while we live.
    pub(super) async fn is_ours(&self, external_port: u16, port: u16) -> bool {
        let ours = SocketAddrV4::new(self.router.ours, port);
        matches!(self.entry(external_port).await, Ok(Entry::To(client)) if client == ours)
    }

    /// An entry that surely leads to somebody else; many routers do not say.
    pub(super) async fn is_theirs(&self, external_port: u16, port: u16) -> bool {
        let ours = SocketAddrV4::new(self.router.ours, port);
        matches!(self.entry(external_port).await, Ok(Entry::To(client)) if client != ours)
    }

    /// Whom the router's port leads to; the one question that the library does not ask.
    async fn entry(&self, external_port: u16) -> Result<Entry, UpnpError> {
        const ACTION: &str = "GetSpecificPortMappingEntry";
        let service = &self.gateway.service_type;
        let body = format!(
            "<?xml version=\"1.0\"?>\r\n\
             <s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>\
             <u:{ACTION} xmlns:u=\"{service}\"><NewRemoteHost></NewRemoteHost>\
             <NewExternalPort>{external_port}</NewExternalPort><NewProtocol>UDP</NewProtocol></u:{ACTION}>\
             </s:Body></s:Envelope>"
        );
        let control = &self.gateway.control_url;
        let url = if control.starts_with("http://") {
            control.clone()
        } else {
            format!("http://{}/{}", self.gateway.addr, control.trim_start_matches('/'))
        };
        let asked = Tokio::send_async(&url, &format!("\"{service}#{ACTION}\""), &body).await;
        Ok(Entry::read(&asked.map_err(|e| UpnpError::Silent(e.to_string()))?))
    }
}

/// The answer to "whom does this port lead to?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    To(SocketAddrV4),
    Nobody,
    /// The router does not say.
    Unknown,
}

impl Entry {
    fn read(answer: &str) -> Entry {
        let field = |name: &str| Some(answer.split_once(&format!("{name}>"))?.1.split_once('<')?.0.trim());
        if field("errorCode") == Some("714") {
            return Entry::Nobody;
        }
        let client = field("NewInternalClient").and_then(|text| text.parse().ok());
        let port = field("NewInternalPort").and_then(|text| text.parse().ok());
        client.zip(port).map_or(Entry::Unknown, |(client, port)| Entry::To(SocketAddrV4::new(client, port)))
    }
}

/// A port that is not `port` and that nobody can guess.
fn another(port: u16) -> u16 {
    let random = RandomState::new().hash_one(port);
    let span = u64::from(OTHER_PORTS.end - OTHER_PORTS.start);
    let other = OTHER_PORTS.start + (random % span) as u16;
    if other == port { OTHER_PORTS.end } else { other }
}

#[cfg(test)]
mod tests {
    use super::{Entry, OTHER_PORTS, another};

    #[test]
    fn an_answer_is_read_whoever_wrote_it() {
        let good = "<s:Body><u:GetSpecificPortMappingEntryResponse xmlns:u=\"x\"><NewInternalPort>5004</NewInternalPort>\
            <NewInternalClient> 192.168.1.7</NewInternalClient><NewEnabled>1</NewEnabled></u:Get></s:Body>";
        assert_eq!(Entry::read(good), Entry::To("192.168.1.7:5004".parse().expect("an address")));
        assert_eq!(Entry::read("<UPnPError><errorCode>714</errorCode></UPnPError>"), Entry::Nobody);
        let nonsense =
            ["", "<", "<errorCode>501</errorCode>", "NewInternalClient>", "NewInternalClient>x<NewInternalPort>1<"];
        for text in nonsense {
            assert_eq!(Entry::read(text), Entry::Unknown, "{text}");
        }
    }

    #[test]
    fn another_port_is_another_one() {
        for port in [1, OTHER_PORTS.start, OTHER_PORTS.end - 1] {
            let other = another(port);
            assert!(other != port && (OTHER_PORTS.contains(&other) || other == OTHER_PORTS.end));
        }
    }
}
