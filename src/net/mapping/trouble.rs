// SPDX-License-Identifier: MIT
//! Why a port could not be opened, and what a person can do about it.

use super::pcp::PcpError;
use super::upnp::UpnpError;
use crate::net::addresses::{Reach, Router, reach};
use std::net::IpAddr;

/// A cause and a next step, a sentence each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What is the matter.
    pub why: String,
    /// What to do.
    pub advice: String,
}

impl Trouble {
    /// This machine has no router.
    pub(super) fn no_router() -> Trouble {
        Trouble {
            why: "this machine is not connected to a router".into(),
            advice: "Connect it to the network; people in the same network can be reached all the same.".into(),
        }
    }

    /// An outside that is not the internet, if it is none.
    pub(super) fn enclosed(external: IpAddr, port: u16) -> Option<Trouble> {
        let why = match reach(external) {
            _ if external.is_unspecified() => {
                "your router has no internet address of its own: it is not connected, or \
                your provider or a second router stands between it and the internet"
                    .into()
            }
            Reach::Global => return None,
            Reach::Shared => format!(
                "your provider shares one internet address among many customers (the router's own is {external}), so \
                 a port of the router cannot be reached from the internet"
            ),
            Reach::Private => format!(
                "your provider or a second router stands between your router and the internet (your router's address \
                 there is {external}), so its port cannot be reached from outside"
            ),
            _ => format!("the router's address outside, {external}, is not one of the internet"),
        };
        let advice = match reach(external) {
            Reach::Private => format!(
                "If there is a second router, forward UDP port {port} there to {external}, or set it to bridge mode; \
                 or ask your provider for a public address, use IPv6, or let somebody else host."
            ),
            _ => "Ask your provider for a public IPv4 address, use IPv6, or let somebody else host.".into(),
        };
        Some(Trouble { why, advice })
    }

    /// Both ways failed; the better reason counts.
    pub(super) fn of(router: Router, port: u16, pcp: Option<&PcpError>, upnp: Option<&UpnpError>) -> Trouble {
        let by_hand = format!("forward UDP port {port} to {} by hand on its pages", router.ours);
        let at = router.address;
        let (why, advice) = match (upnp, pcp) {
            (Some(UpnpError::NotAllowed), _) => (
                format!("the router ({at}) does not let programs open ports"),
                format!("Allow it in the router's UPnP settings, or {by_hand}."),
            ),
            (Some(UpnpError::Taken(taken)), _) => (
                format!("port {taken} of the router ({at}) belongs to another computer"),
                "Choose another port with --port.".into(),
            ),
            (Some(UpnpError::Refused(why) | UpnpError::Silent(why)), _) | (_, Some(PcpError::Refused { why, .. })) => {
                (format!("the router ({at}) did not open the port ({why})"), format!("Restart it, or {by_hand}."))
            }
            _ => (
                format!("the router ({at}) does not answer UPnP, PCP or NAT-PMP"),
                format!("Enable UPnP in its settings, or {by_hand}."),
            ),
        };
        Trouble { why, advice }
    }
}

#[cfg(test)]
mod tests {
    use super::Trouble;
    use crate::net::addresses::Router;
    use crate::net::mapping::upnp::UpnpError;
    use std::net::{IpAddr, Ipv4Addr};

    #[test]
    fn an_outside_that_is_none_is_told_in_plain_words() {
        let enclosed = |text: &str| Trouble::enclosed(text.parse::<IpAddr>().expect("an address"), 5004);
        assert_eq!(enclosed("25.1.0.2"), None);
        let told = |text: &str| enclosed(text).expect("it is none");
        assert!(told("100.70.1.2").why.contains("provider shares one internet address"));
        let double = told("192.168.0.7");
        assert!(double.why.contains("second router") && double.advice.contains("UDP port 5004 there to 192.168.0.7"));
        assert!(told("203.0.113.1").why.contains("not one of the internet"));
        assert!(told("0.0.0.0").why.contains("no internet address of its own"));
    }

    #[test]
    fn the_better_reason_is_told() {
        let router = Router { address: Ipv4Addr::new(10, 0, 0, 1), ours: Ipv4Addr::new(10, 0, 0, 5) };
        let told = |upnp: &UpnpError| Trouble::of(router, 5004, None, Some(upnp));
        assert!(told(&UpnpError::NotFound).advice.contains("Enable UPnP"));
        assert!(told(&UpnpError::NotAllowed).advice.contains("forward UDP port 5004 to 10.0.0.5"));
        assert!(told(&UpnpError::Taken(5004)).advice.contains("--port"));
    }
}
