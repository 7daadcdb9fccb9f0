// SPDX-License-Identifier: MIT
//! A port of the router opened for us, kept open, and closed again.
//!
//! A [`Mapping`] is a guard: while it lives, its task asks the router, renews at half of the lease, looks now and
//! then whether the router still knows, and begins anew when it does not. What becomes of it is told as
//! [`Progress`], in words that a person can use.
//!
//! ```text
//!   Searching -> Mapped -> Renewed -> Renewed ...      close or drop: unmapped
//!       |           `----> Lost -> (back-off) Mapped; closed as well, if we end before
//!       `-> Failed -> (back-off, silently) Mapped
//! ```

mod attempt;
mod pcp;
mod trouble;
mod upnp;

pub use trouble::Trouble;

use super::addresses::{self, Router};
use attempt::{Held, Unanswered};
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// An hour: what a crash leaves open is closed soon enough, and no router refuses it for being short.
const LEASE_S: u32 = 3_600;

/// How long saying goodbye to the router may take.
const CLOSING_MAX: Duration = Duration::from_secs(2);

/// A wish that is under way when we stop is granted within this, if at all, and must be taken back.
const UNDERWAY_MAX: Duration = Duration::from_millis(300);

/// One lost datagram is no lost router: this long after the first silence it is asked again.
const SECOND_OPINION: Duration = Duration::from_secs(1);

/// How patient a mapping is. The defaults are for real routers; tests are in a hurry.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// One attempt, from the search to the open port. Each one that fails is followed by a longer one, for routers
    /// that are slow.
    pub attempt: Duration,
    /// Between two looks at whether the router still knows us.
    pub look: Duration,
    /// Before the first new attempt; doubled each time, up to `again_max`.
    pub again: Duration,
    /// The longest wait between two attempts.
    pub again_max: Duration,
    /// Longer than this a lease is never waited for before it is renewed; normally half of it.
    pub renew_max: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            attempt: Duration::from_millis(2_500),
            look: Duration::from_secs(30),
            again: Duration::from_secs(1),
            again_max: Duration::from_secs(60),
            renew_max: Duration::from_secs(u64::from(LEASE_S) / 2),
        }
    }
}

/// Which language the router understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The Internet Gateway Device of UPnP.
    Upnp,
    /// The Port Control Protocol.
    Pcp,
    /// Its predecessor.
    NatPmp,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            How::Upnp => "UPnP",
            How::Pcp => "PCP",
            How::NatPmp => "NAT-PMP",
        })
    }
}

/// What becomes of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The router is being looked for.
    Searching,
    /// The port is open.
    Mapped {
        /// Where the router can be reached from outside.
        external: SocketAddr,
        /// How long it stays open if we vanish; 0 is until the router is told otherwise.
        lease_s: u32,
        /// The language that worked.
        how: How,
        /// The router's outside is not the internet: another router stands before it, and what to do about that.
        enclosed: Option<Trouble>,
    },
    /// Half of the lease was over, and the router has granted another.
    Renewed {
        /// Where the router can be reached from outside.
        external: SocketAddr,
        /// The new lease.
        lease_s: u32,
    },
    /// It was open and is no more, or cannot be known to be; new attempts are under way.
    Lost {
        /// A sentence.
        why: String,
    },
    /// There is no port; new attempts follow in silence.
    Failed(Trouble),
}

/// One open port of the router. Dropping it has it closed by its task, as long as the runtime runs; [`close`]
/// waits for that.
///
/// [`close`]: Mapping::close
#[derive(Debug)]
pub struct Mapping {
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

impl Mapping {
    /// Begins to open `port` on a task of `runtime`. Every turn of events is told; `tell` must not block.
    pub fn open(
        runtime: &Handle,
        port: NonZeroU16,
        patience: Patience,
        tell: impl FnMut(Progress) + Send + 'static,
    ) -> Mapping {
        let (stop, stopped) = oneshot::channel();
        // A system without chance has made no keys either: nobody comes here on one.
        let nonce = [(); 3].map(|()| getrandom::u32().unwrap_or_default());
        let unanswered = Unanswered::nothing(nonce);
        let keeper = Keeper { port, patience, tell, wanted: port.get(), lost: None, unanswered };
        let task = runtime.spawn(async move {
            // An error would be the sender's end without a word, which is the same order.
            keeper.keep(stopped).await;
        });
        Mapping { stop: Some(stop), task: Some(task) }
    }

    /// Closes the port and waits until the router knows, two seconds at most.
    pub async fn close(mut self) {
        self.order_stop();
        if let Some(task) = self.task.take() {
            // A router that does not answer closes the port itself when the lease ends.
            let _ = timeout(CLOSING_MAX, task).await;
        }
    }

    fn order_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The task may have ended with the runtime.
            let _ = stop.send(());
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        self.order_stop();
    }
}

/// The task.
struct Keeper<T> {
    port: NonZeroU16,
    patience: Patience,
    tell: T,
    /// The port outside that we ask for: the one we had last, so that an invite stays true.
    wanted: u16,
    /// What we had, and may have yet: a router that is silent for a while forgets nothing by that.
    lost: Option<Held>,
    /// Wishes that were never answered, and may have been granted all the same.
    unanswered: Unanswered,
}

/// Why holding ended.
enum End {
    Stopped,
    Lost(String),
}

impl<T: FnMut(Progress)> Keeper<T> {
    async fn keep(mut self, mut stopped: oneshot::Receiver<()>) {
        let mut failures = 0;
        let mut told = None;
        (self.tell)(Progress::Searching);
        loop {
            let budget = self.patience.attempt * 2u32.pow(failures.min(2));
            let tried = {
                let opening = self.open(budget);
                tokio::pin!(opening);
                tokio::select! {
                    _ = &mut stopped => Err(timeout(UNDERWAY_MAX, opening).await),
                    tried = &mut opening => Ok(tried),
                }
            };
            let tried = match tried {
                Ok(tried) => tried,
                Err(underway) => return self.end(underway.ok().and_then(Result::ok)).await,
            };
            match tried {
                Ok(mut held) => {
                    (failures, told) = (0, None);
                    match self.hold(&mut held, &mut stopped).await {
                        End::Stopped => return self.end(Some(held)).await,
                        End::Lost(why) => {
                            self.lost = Some(held);
                            (self.tell)(Progress::Lost { why });
                        }
                    }
                }
                Err(trouble) => {
                    failures += 1;
                    if told.as_ref() != Some(&trouble) {
                        told = Some(trouble.clone());
                        (self.tell)(Progress::Failed(trouble));
                    }
                }
            }
            let again = self.patience.again * 2u32.pow(failures.saturating_sub(1).min(16));
            tokio::select! {
                _ = &mut stopped => return self.end(None).await,
                () = sleep(again.min(self.patience.again_max)) => {}
            }
        }
    }

    /// The port that was lost, if its router gives it again, or a new one. The old one goes first because a PCP
    /// router may refuse everybody who does not know its nonce (RFC 6887, 11.3) until the lease ends.
    async fn open(&mut self, budget: Duration) -> Result<Held, Trouble> {
        let router = addresses::router();
        // It stays in its place while it is asked: whoever stops us in the middle must still find it.
        let again = match &mut self.lost {
            Some(held) if router.as_ref() == Some(held.router()) => held.look(true, budget).await.is_ok(),
            _ => false,
        };
        if again && let Some(held) = self.lost.take() {
            return Ok(held);
        }
        let held = attempt::attempt(router, self.port, self.wanted, budget, &mut self.unanswered).await?;
        // The same port inside, and the same one outside if it was still ours: the new entry is the old one.
        self.lost = None;
        self.unanswered.settled_by(&held);
        Ok(held)
    }

    /// Closes what is open, and what may be.
    async fn end(self, held: Option<Held>) {
        let closing = async {
            if let Some(held) = held {
                held.close().await;
            }
            if self.lost.is_none() && self.unanswered.is_nothing() {
                return;
            }
            // In another network there may be another router at the same address.
            let router = addresses::router();
            let there = |theirs: &Router| router.as_ref() == Some(theirs);
            if let Some(lost) = self.lost.filter(|lost| there(lost.router())) {
                lost.close_if_ours().await;
            }
            self.unanswered.take_back(there).await;
        };
        // Whoever does not answer closes the port itself when the lease ends.
        let _ = timeout(CLOSING_MAX, closing).await;
    }

    /// Until it is lost, or we are told to stop.
    async fn hold(&mut self, held: &mut Held, stopped: &mut oneshot::Receiver<()>) -> End {
        let external = held.external();
        self.wanted = external.port();
        (self.tell)(Progress::Mapped {
            external,
            lease_s: held.lease_s(),
            how: held.how(),
            enclosed: Trouble::enclosed(external.ip(), self.port.get()),
        });
        let mut renew_at = Instant::now() + self.renewal(held);
        loop {
            let renew = Instant::now() + self.patience.look >= renew_at;
            let at = if renew { renew_at } else { Instant::now() + self.patience.look };
            let looked = tokio::select! {
                _ = &mut *stopped => return End::Stopped,
                looked = async {
                    sleep_until(at).await;
                    self.look(held, renew).await
                } => looked,
            };
            if let Err(why) = looked {
                return End::Lost(why);
            }
            if held.external() != external {
                return End::Lost("the router has another address now".into());
            }
            if renew {
                (self.tell)(Progress::Renewed { external, lease_s: held.lease_s() });
                renew_at = Instant::now() + self.renewal(held);
            }
        }
    }

    /// Half of the lease; what has no end is looked after all the same.
    fn renewal(&self, held: &Held) -> Duration {
        let lease_s = if held.lease_s() == 0 { LEASE_S } else { held.lease_s() };
        (Duration::from_secs(lease_s.into()) / 2).min(self.patience.renew_max)
    }

    /// One look, and a second one if it fails.
    async fn look(&mut self, held: &mut Held, renew: bool) -> Result<(), String> {
        if addresses::router().as_ref() != Some(held.router()) {
            return Err("this machine is in another network now, or in none".into());
        }
        let first = held.look(renew, self.patience.attempt).await;
        if first.is_ok() {
            return Ok(());
        }
        sleep(SECOND_OPINION.min(self.patience.look)).await;
        held.look(renew, self.patience.attempt).await
    }
}
