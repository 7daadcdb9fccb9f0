// SPDX-License-Identifier: MIT
//! PCP and its elder NAT-PMP: one small datagram to the router, one back.

use crate::net::addresses::Router;
pub(super) use crab_nat::pcp::Nonce;
use crab_nat::{
    GatewayAddress, InternetProtocol, MappingFailure, PortMapping, PortMappingOptions, PortMappingType, TimeoutConfig,
    natpmp, pcp,
};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU16;
use std::time::Duration;

/// Enough for a router that is there, for what is said in passing.
const BRIEFLY: TimeoutConfig =
    TimeoutConfig { initial_timeout: Duration::from_millis(250), max_retries: 0, max_retry_timeout: None };

/// A quarter, half and whole second: 1.75 s in all, within the budget of one attempt.
const TIMES: TimeoutConfig =
    TimeoutConfig { initial_timeout: Duration::from_millis(250), max_retries: 2, max_retry_timeout: None };

/// What a router would not do.
#[derive(Debug, thiserror::Error)]
pub(super) enum PcpError {
    /// Nobody listens there.
    #[error("the router speaks neither PCP nor NAT-PMP")]
    Absent,
    /// Nobody answers; it may have heard all the same.
    #[error("no router answers PCP or NAT-PMP")]
    Silent,
    /// It understands, and will not; with the address outside if it gave one.
    #[error("the router refused: {why}")]
    Refused {
        /// In the words of the protocol.
        why: String,
        /// The router's address outside.
        external: Option<IpAddr>,
    },
}

/// An open port.
pub(super) struct Pcp {
    mapping: PortMapping,
    external: IpAddr,
}

/// Opens a port, `wanted` if it can be had; who asks again with the same `nonce` asks for the same mapping. NAT-PMP is
/// asked for the address meanwhile, which opens nothing: some routers that know only NAT-PMP keep silent to a PCP
/// question instead of saying so.
pub(super) async fn open(router: Router, port: NonZeroU16, wanted: u16, nonce: Nonce) -> Result<Pcp, PcpError> {
    let gateway = GatewayAddress::IpV4(router.address);
    let request = pcp::BaseMapRequest::new(gateway, router.ours.into(), InternetProtocol::Udp, port);
    let younger = pcp::port_mapping(request, Some(nonce), None, options(wanted));
    let elder = natpmp::external_address(gateway, Some(TIMES));
    tokio::pin!(younger, elder);
    let mut answered = None;
    let refused = loop {
        tokio::select! {
            mapped = &mut younger => match mapped {
                Ok(mapping) => return Ok(Pcp { external: external_of(&mapping, None), mapping }),
                Err(refused) => break refused,
            },
            answer = &mut elder, if answered.is_none() => answered = Some(answer),
        }
    };
    let elder = match answered {
        Some(answer) => answer,
        None => elder.await,
    };
    // An old mapping of ours is refused by PCP, which has forgotten nothing, but renewed by NAT-PMP.
    let mapped = match &elder {
        Ok(_) => natpmp::port_mapping(gateway, InternetProtocol::Udp, port, options(wanted)).await.ok(),
        Err(_) => None,
    };
    if let Some(mapping) = mapped {
        return Ok(Pcp { external: external_of(&mapping, elder.ok()), mapping });
    }
    let external = match &elder {
        Ok(external) => Some(IpAddr::from(*external)),
        // How a router says that it has none itself.
        Err(natpmp::Failure::NetworkFailure) => Some(Ipv4Addr::UNSPECIFIED.into()),
        Err(_) if matches!(refused, pcp::Failure::NetworkFailure(_)) => Some(Ipv4Addr::UNSPECIFIED.into()),
        Err(natpmp::Failure::Timeout | natpmp::Failure::Socket(_))
            if matches!(refused, pcp::Failure::Timeout | pcp::Failure::Socket(_)) =>
        {
            return Err(if matches!(refused, pcp::Failure::Timeout) { PcpError::Silent } else { PcpError::Absent });
        }
        Err(_) => None,
    };
    Err(PcpError::Refused { why: refused.to_string(), external })
}

/// Closes what was asked for with this nonce, if it was opened without our hearing of it.
pub(super) async fn take_back(router: &Router, port: NonZeroU16, nonce: Nonce) {
    let gateway = GatewayAddress::IpV4(router.address);
    let mapping = pcp::DropMappingRange::Single { internal_port: port, protocol: InternetProtocol::Udp };
    // Whoever does not answer this either will forget it when the lease ends.
    let _ = pcp::try_drop_mapping(gateway, router.ours.into(), nonce, mapping, Some(BRIEFLY)).await;
}

fn options(wanted: u16) -> PortMappingOptions {
    PortMappingOptions {
        external_port: NonZeroU16::new(wanted),
        lifetime_seconds: Some(super::LEASE_S),
        timeout_config: Some(TIMES),
    }
}

fn external_of(mapping: &PortMapping, elder: Option<Ipv4Addr>) -> IpAddr {
    match mapping.mapping_type() {
        PortMappingType::Pcp { external_ip, .. } => external_ip.to_canonical(),
        PortMappingType::NatPmp => elder.unwrap_or(Ipv4Addr::UNSPECIFIED).into(),
    }
}

/// Did nobody answer at all?
pub(super) fn is_silence(failure: &MappingFailure) -> bool {
    matches!(
        failure,
        MappingFailure::Pcp(pcp::Failure::Timeout | pcp::Failure::Socket(_))
            | MappingFailure::NatPmp(natpmp::Failure::Timeout | natpmp::Failure::Socket(_))
    )
}

impl Pcp {
    /// The router's address outside.
    pub(super) fn external(&self) -> IpAddr {
        self.external
    }

    /// The port that it opened.
    pub(super) fn external_port(&self) -> u16 {
        self.mapping.external_port().get()
    }

    /// What it granted.
    pub(super) fn lease_s(&self) -> u32 {
        self.mapping.lifetime()
    }

    /// For people.
    pub(super) fn is_elder(&self) -> bool {
        matches!(self.mapping.mapping_type(), PortMappingType::NatPmp)
    }

    /// Asks for the same again: one datagram, which is also the cheapest way to learn that the router still knows.
    /// A router that had forgotten opens the port anew.
    pub(super) async fn renew(&mut self) -> Result<(), MappingFailure> {
        self.mapping.renew().await?;
        let elder = match self.is_elder() {
            true => natpmp::external_address(self.mapping.gateway(), Some(TIMES)).await.ok(),
            false => None,
        };
        let external = external_of(&self.mapping, elder);
        if !external.is_unspecified() {
            self.external = external;
        }
        Ok(())
    }

    /// Closes it again.
    pub(super) async fn close(self) {
        // Whoever does not answer any more will forget it when the lease ends.
        let _ = self.mapping.try_drop().await;
    }
}
