// SPDX-License-Identifier: MIT
//! A graph that comes back by itself when it fails or hangs, without anybody waiting for it.
//!
//! ```text
//!  runs --error--> told, taken down, a short rest --> runs ... 10 s of peace: the next failure is told again
//!       --hangs->        \--error at once--> a longer rest, not told again --> runs
//! ```
//!
//! Taking down and building happen on threads of their own, because an element that hangs may hang there too. Who has
//! something for the graph meanwhile finds nobody, and goes on.

use super::super::graph::{GraphError, GraphSignal, Trouble};
use crate::words::Mono;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::time::Duration;

/// The first rest, and the longest that comes of doubling it.
const REST_NS: u64 = 100_000_000;
const REST_NS_MAX: u64 = 10 * Mono::SECOND;

/// So many of the dead may still hang on their way down, each with a thread and its memory; then none is built until
/// one of them is gone.
const HANGING_MAX: usize = 3;

/// Whatever ran for so long has not failed at the same thing again.
const PEACE_NS: i64 = 10 * Mono::SECOND as i64;

type Build<G> = dyn Fn(Alarm<G>) -> Result<G, GraphError> + Send + Sync;
type Tell = dyn Fn(Trouble) + Send + Sync;

/// The guard: the graph is taken down when it goes out of scope, on a thread of its own.
pub(super) struct Revived<G: Send + 'static>(Arc<Life<G>>);

struct Life<G> {
    state: Mutex<State<G>>,
    closing: Condvar,
    /// Each of the dead holds one until it is gone.
    hanging: Arc<()>,
    build: Box<Build<G>>,
    tell: Box<Tell>,
}

struct State<G> {
    graph: Option<G>,
    /// Counts the graphs, so that an error is held against the one that made it.
    generation: u64,
    failed_at: Option<Mono>,
    rest_ns: u64,
    closed: bool,
}

/// What a graph calls when it fails, from whichever of its threads.
pub(super) struct Alarm<G> {
    life: Weak<Life<G>>,
    generation: u64,
}

impl<G: Send + 'static> Revived<G> {
    /// Builds the graph for the first time; whether that works is the answer.
    pub(super) fn start(
        build: impl Fn(Alarm<G>) -> Result<G, GraphError> + Send + Sync + 'static,
        tell: impl Fn(Trouble) + Send + Sync + 'static,
    ) -> Result<Revived<G>, GraphError> {
        let state = State { graph: None, generation: 0, failed_at: None, rest_ns: REST_NS, closed: false };
        let life = Arc::new(Life {
            state: Mutex::new(state),
            closing: Condvar::new(),
            hanging: Arc::new(()),
            build: Box::new(build),
            tell: Box::new(tell),
        });
        life.clone().rebuild(0)?;
        Ok(Revived(life))
    }

    /// Does something with the graph, if there is one now and nobody else is at it.
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut G) -> R) -> Option<R> {
        let mut state = match self.0.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(state)) => state.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        state.graph.as_mut().map(work)
    }
}

impl<G: Send + 'static> Drop for Revived<G> {
    fn drop(&mut self) {
        let graph = {
            let mut state = self.0.state();
            state.closed = true;
            state.graph.take()
        };
        self.0.closing.notify_all();
        on_a_thread("face end", move || drop(graph));
    }
}

impl<G> Clone for Alarm<G> {
    fn clone(&self) -> Self {
        Alarm { life: self.life.clone(), generation: self.generation }
    }
}

impl<G: Send + 'static> Alarm<G> {
    /// What a graph's bus tells; anything but running on is a failure.
    pub(super) fn hear(&self, signal: GraphSignal) {
        let trouble = match signal {
            GraphSignal::Error(trouble) => trouble,
            GraphSignal::End => {
                Trouble { element: String::new(), message: "it ended".to_owned(), debug: String::new() }
            }
        };
        self.ring(trouble);
    }

    /// Nothing comes out of the graph, which says nothing itself.
    pub(super) fn hangs(&self, graph: &str) {
        let message = "it hangs: pictures go in, and none comes out".to_owned();
        self.ring(Trouble { element: graph.to_owned(), message, debug: String::new() });
    }

    fn ring(&self, trouble: Trouble) {
        let Some(life) = self.life.upgrade() else { return };
        let generation = self.generation;
        // The failed graph's own thread brings this, and cannot take down what it stands on.
        on_a_thread("face restart", move || life.revive(generation, trouble));
    }
}

impl<G: Send + 'static> Life<G> {
    fn state(&self) -> MutexGuard<'_, State<G>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn revive(self: Arc<Self>, failed: u64, trouble: Trouble) {
        tracing::debug!("{trouble}: {}", trouble.debug);
        let (dead, first, mut rest_ns) = {
            let mut state = self.state();
            // One failure says itself in several messages.
            if state.closed || state.generation != failed {
                return;
            }
            state.generation += 1;
            let first = state.fails(super::super::now());
            (state.graph.take(), first, state.rest_ns)
        };
        self.take_down(dead);
        if first {
            (self.tell)(trouble);
        }
        while self.rest(rest_ns) {
            if Arc::strong_count(&self.hanging) > 1 + HANGING_MAX {
                continue;
            }
            match self.clone().rebuild(failed + 1) {
                Ok(()) => return,
                Err(e) => tracing::debug!("not yet: {e}"),
            }
            rest_ns = REST_NS_MAX;
        }
    }

    /// Builds the graph of this generation, unless it fails while it is being built.
    fn rebuild(self: Arc<Self>, generation: u64) -> Result<(), GraphError> {
        let graph = (self.build)(Alarm { life: Arc::downgrade(&self), generation })?;
        let mut state = self.state();
        if !state.closed && state.generation == generation {
            state.graph = Some(graph);
        } else {
            drop(state);
            self.take_down(Some(graph));
        }
        Ok(())
    }

    fn take_down(&self, dead: Option<G>) {
        let hanging = self.hanging.clone();
        on_a_thread("face end", move || {
            drop(dead);
            drop(hanging);
        });
    }

    /// Waits; `false` if nobody needs the graph any more.
    fn rest(&self, rest_ns: u64) -> bool {
        let rest = Duration::from_nanos(rest_ns);
        let state = self.closing.wait_timeout_while(self.state(), rest, |state| !state.closed);
        !state.unwrap_or_else(PoisonError::into_inner).0.closed
    }
}

impl<G> State<G> {
    /// It fails now; `true` if that is worth telling.
    fn fails(&mut self, now: Mono) -> bool {
        let first = self.failed_at.is_none_or(|failed| now.since(failed) >= PEACE_NS);
        self.rest_ns = if first { REST_NS } else { (2 * self.rest_ns).min(REST_NS_MAX) };
        self.failed_at = Some(now);
        first
    }
}

fn on_a_thread(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(e) = std::thread::Builder::new().name(name.to_owned()).spawn(work) {
        tracing::warn!("the system has no thread left for '{name}': {e}");
    }
}

#[cfg(test)]
mod tests {
    use super::{Alarm, GraphSignal, Mono, Revived, State};
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn failing_again_and_again_is_told_once_and_tried_ever_more_seldom() {
        let mut state = State::<()> { graph: None, generation: 0, failed_at: None, rest_ns: 0, closed: false };
        assert!(state.fails(Mono(0)));
        let rests: Vec<u64> =
            (1..10).map(|k| (state.fails(Mono(k * Mono::SECOND)), state.rest_ns)).map(|f| f.1).collect();
        assert!(rests.windows(2).all(|w| w[0] < w[1] || w[1] == super::REST_NS_MAX), "{rests:?}");
        assert!(!state.fails(Mono(18 * Mono::SECOND)));
        assert!(state.fails(Mono(40 * Mono::SECOND)), "after peace it is news");
        assert_eq!(state.rest_ns, super::REST_NS);
    }

    #[test]
    fn a_graph_that_fails_is_replaced_and_an_old_ones_last_words_change_nothing() {
        crate::media::start().expect("GStreamer is installed");
        let (alarms, built): (_, Receiver<Alarm<u64>>) = channel();
        let (tell, told) = channel();
        let build = move |alarm: Alarm<u64>| {
            let generation = alarm.generation;
            alarms.send(alarm).expect("the test listens");
            Ok(generation)
        };
        let revived = Revived::start(build, move |trouble| tell.send(trouble).expect("the test listens"));
        let revived = revived.expect("it was built");
        assert_eq!(revived.with(|generation| *generation), Some(0));
        let first = built.recv_timeout(SOON).expect("it was built");
        first.hear(GraphSignal::End);
        let second = built.recv_timeout(SOON).expect("it was built again");
        assert_eq!(told.recv_timeout(SOON).expect("it was told").message, "it ended");
        first.hear(GraphSignal::End);
        second.hear(GraphSignal::End);
        let third = built.recv_timeout(SOON).expect("it was built again");
        assert_eq!(third.generation, 2, "one graph for one failure");
        drop(revived);
        third.hear(GraphSignal::End);
        assert!(built.recv_timeout(SOON).is_err(), "nobody builds what nobody needs: the builder is gone");
        assert!(told.try_recv().is_err(), "told once");
    }

    /// A graph that hangs on its way down, until the other end of its channel is gone.
    struct Hanging(Receiver<()>);

    impl Drop for Hanging {
        fn drop(&mut self) {
            let _ = self.0.recv();
        }
    }

    #[test]
    fn a_graph_that_hangs_on_its_way_down_is_replaced_and_not_too_many_of_them() {
        crate::media::start().expect("GStreamer is installed");
        let (alarms, built): (_, Receiver<(Alarm<Hanging>, _)>) = channel();
        let build = move |alarm| {
            let (release, held) = channel();
            alarms.send((alarm, release)).expect("the test listens");
            Ok(Hanging(held))
        };
        let _revived = Revived::start(build, |_| {}).expect("it was built");
        let mut dead = Vec::new();
        for _ in 0..=super::HANGING_MAX {
            let (alarm, release) = built.recv_timeout(SOON).expect("the one before hangs, and this one is built");
            alarm.hangs("test");
            dead.push(release);
        }
        assert!(built.recv_timeout(Duration::from_secs(2)).is_err(), "as many hang as may");
        dead.remove(0);
        assert!(built.recv_timeout(SOON).is_ok(), "one is gone");
    }
}
