// SPDX-License-Identifier: MIT
//! One attempt at a port: PCP and UPnP start together, and only one of them ever opens anything.
//!
//! PCP (with NAT-PMP behind it) answers within milliseconds where it exists, so it may open at once. UPnP only
//! searches meanwhile and opens when PCP has failed, or has been silent for its head start. Two entries for one port
//! would otherwise fall to each other: many routers keep both languages in one table.

use super::How;
use super::pcp::{self, Pcp, PcpError, is_silence};
use super::trouble::Trouble;
use super::upnp::{self, Opened, Upnp, UpnpError};
use crate::net::addresses::{Reach, Router, reach};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// A router that knows PCP answers long before this, even over a bad radio link: two datagrams, the first repeated
/// after 250 ms.
const HEAD_START: Duration = Duration::from_millis(800);

/// For people, whatever the system's own word for it.
const SILENT: &str = "the router does not answer any more";

/// A port that is open.
pub(super) struct Held {
    router: Router,
    port: u16,
    by: By,
}

enum By {
    Pcp(Pcp),
    Upnp { upnp: Upnp, opened: Opened, external: IpAddr },
}

/// Wishes that a router has received, perhaps, and not answered: they may have been granted all the same.
pub(super) struct Unanswered {
    /// All that is asked by PCP in one call is one wish.
    nonce: pcp::Nonce,
    pcp: Option<(Router, NonZeroU16)>,
    upnp: Option<Asked>,
}

struct Asked {
    upnp: Upnp,
    port: u16,
    wanted: u16,
}

/// What is known so far; the reasons stay when the budget is over.
#[derive(Default)]
struct Known {
    pcp: Option<PcpError>,
    upnp: Option<UpnpError>,
    external: Option<IpAddr>,
}

/// Tries for as long as `budget`. Wishes that are not answered within it stay in `unanswered`.
pub(super) async fn attempt(
    router: Option<Router>,
    port: NonZeroU16,
    wanted: u16,
    budget: Duration,
    unanswered: &mut Unanswered,
) -> Result<Held, Trouble> {
    let router = router.ok_or_else(Trouble::no_router)?;
    let mut known = Known::default();
    let by = timeout(budget, race(router, port, wanted, budget, &mut known, unanswered)).await.ok().flatten();
    let port = port.get();
    by.map(|by| Held { router, port, by }).ok_or_else(|| {
        let enclosed = known.external.and_then(|external| Trouble::enclosed(external, port));
        enclosed.unwrap_or_else(|| Trouble::of(router, port, known.pcp.as_ref(), known.upnp.as_ref()))
    })
}

async fn race(
    router: Router,
    port: NonZeroU16,
    wanted: u16,
    budget: Duration,
    known: &mut Known,
    unanswered: &mut Unanswered,
) -> Option<By> {
    let younger = pcp::open(router, port, wanted, unanswered.nonce);
    unanswered.pcp = Some((router, port));
    let search = search(router, budget);
    let head_start = sleep(HEAD_START);
    tokio::pin!(younger, search, head_start);
    let mut found: Option<(Upnp, Option<IpAddr>)> = None;
    let mut late = false;
    while known.pcp.is_none() || known.upnp.is_none() {
        tokio::select! {
            mapped = &mut younger, if known.pcp.is_none() => match mapped {
                Ok(pcp) => return Some(By::Pcp(pcp)),
                Err(why) => {
                    if !matches!(why, PcpError::Silent) {
                        unanswered.pcp = None;
                    }
                    if let PcpError::Refused { external, .. } = why {
                        known.external = external.or(known.external);
                    }
                    known.pcp = Some(why);
                }
            },
            upnp = &mut search, if known.upnp.is_none() && found.is_none() => match upnp {
                Ok((upnp, external)) => {
                    known.external = external.or(known.external);
                    found = Some((upnp, external));
                }
                Err(why) => known.upnp = Some(why),
            },
            () = &mut head_start, if !late => late = true,
        }
        if (late || known.pcp.is_some())
            && let Some((upnp, external)) = found.take()
        {
            unanswered.upnp = Some(Asked { upnp: upnp.clone(), port: port.get(), wanted });
            match upnp.open(port.get(), wanted).await {
                Ok(opened) => {
                    let external = external.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
                    return Some(By::Upnp { upnp, opened, external });
                }
                Err(why) => {
                    if !matches!(why, UpnpError::Silent(_)) {
                        unanswered.upnp = None;
                    }
                    known.upnp = Some(why);
                }
            }
        }
    }
    None
}

/// Everything of UPnP that opens nothing. A router that does not tell its address outside may open the port yet.
async fn search(router: Router, budget: Duration) -> Result<(Upnp, Option<IpAddr>), UpnpError> {
    let upnp = upnp::find(router, budget).await?;
    let external = upnp.external().await.ok();
    Ok((upnp, external))
}

impl Held {
    pub(super) fn router(&self) -> &Router {
        &self.router
    }

    /// The address and port outside.
    pub(super) fn external(&self) -> SocketAddr {
        match &self.by {
            By::Pcp(pcp) => SocketAddr::new(pcp.external(), pcp.external_port()),
            By::Upnp { opened, external, .. } => SocketAddr::new(*external, opened.external_port),
        }
    }

    pub(super) fn lease_s(&self) -> u32 {
        match &self.by {
            By::Pcp(pcp) => pcp.lease_s(),
            By::Upnp { opened, .. } => opened.lease_s,
        }
    }

    pub(super) fn how(&self) -> How {
        match &self.by {
            By::Upnp { .. } => How::Upnp,
            By::Pcp(pcp) if pcp.is_elder() => How::NatPmp,
            By::Pcp(_) => How::Pcp,
        }
    }

    /// Does the router still know? With `renew` it is asked for another lease as well.
    pub(super) async fn look(&mut self, renew: bool, within: Duration) -> Result<(), String> {
        let port = self.port;
        let looked = async {
            match &mut self.by {
                By::Pcp(pcp) => pcp.renew().await.map_err(|why| match is_silence(&why) {
                    true => SILENT.to_owned(),
                    false => format!("the router does not renew the port ({why})"),
                }),
                By::Upnp { upnp, opened, external } => look_upnp(upnp, opened, external, port, renew).await,
            }
        };
        timeout(within, looked).await.unwrap_or_else(|_| Err(SILENT.into()))
    }

    /// Closes the port, if the router can be told.
    pub(super) async fn close(self) {
        match self.by {
            By::Pcp(pcp) => pcp.close().await,
            // Whoever does not answer any more will forget it when the lease ends.
            By::Upnp { upnp, opened, .. } => drop(upnp.close(opened.external_port).await),
        }
    }

    /// The same for one that was lost: meanwhile the port may have become somebody else's. PCP's nonce and NAT-PMP's
    /// address see to that themselves.
    pub(super) async fn close_if_ours(self) {
        let theirs = match &self.by {
            By::Pcp(_) => false,
            By::Upnp { upnp, opened, .. } => upnp.is_theirs(opened.external_port, self.port).await,
        };
        if !theirs {
            self.close().await;
        }
    }
}

impl Unanswered {
    /// Nothing was asked yet.
    pub(super) fn nothing(nonce: pcp::Nonce) -> Unanswered {
        Unanswered { nonce, pcp: None, upnp: None }
    }

    /// What was asked in the language of `held` is answered. The other wish may have been granted too, late, by a
    /// router that keeps a table for each.
    pub(super) fn settled_by(&mut self, held: &Held) {
        match held.by {
            By::Pcp(_) => self.pcp = None,
            By::Upnp { .. } => self.upnp = None,
        }
    }

    /// Is there nothing to take back?
    pub(super) fn is_nothing(&self) -> bool {
        self.pcp.is_none() && self.upnp.is_none()
    }

    /// Closes what was opened after all, as far as it was asked of this router.
    pub(super) async fn take_back(self, there: impl Fn(&Router) -> bool) {
        if let Some((router, port)) = self.pcp.filter(|(router, _)| there(router)) {
            pcp::take_back(&router, port, self.nonce).await;
        }
        if let Some(Asked { upnp, port, wanted }) = self.upnp.filter(|asked| there(asked.upnp.router()))
            && upnp.is_ours(wanted, port).await
        {
            // Whoever does not answer any more will forget it when the lease ends.
            let _ = upnp.close(wanted).await;
        }
    }
}

async fn look_upnp(
    upnp: &Upnp,
    opened: &mut Opened,
    external: &mut IpAddr,
    port: u16,
    renew: bool,
) -> Result<(), String> {
    let mut looked = upnp.check(*opened, port).await;
    if renew && looked.is_ok() {
        let again = upnp.open(port, opened.external_port).await.map_err(|e| e.to_string())?;
        if again.external_port != opened.external_port {
            // The router would not renew and gave another port instead: two are one too many.
            drop(upnp.close(opened.external_port).await);
        }
        *opened = again;
        looked = upnp.external().await;
    }
    let told = looked.map_err(|why| match why {
        UpnpError::Silent(_) => SILENT.to_owned(),
        why => why.to_string(),
    })?;
    // Only one that was known and is another now is news.
    if reach(told) != Reach::Special && !external.is_unspecified() {
        *external = told;
    }
    Ok(())
}
