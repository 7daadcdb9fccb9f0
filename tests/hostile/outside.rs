// SPDX-License-Identifier: MIT
//! People without keys who overhear everything, catch some of it, and send what they like from any address.

use super::forge::{Library, STRANGERS, addressed, forged};
use super::world::{Answers, MS, Parcel, SECOND, World, abroad, home, is_noticed};
use super::{below, chance};
use hyperzoom::mesh::event::{Event, Input, Left};
use hyperzoom::mesh::random::Random;

/// So many datagrams come at once, and then a moment passes.
const AT_ONCE: usize = 8;
const MOMENT_NS: i64 = 5 * MS;

/// No datagram of theirs makes anybody answer more: one answer, and where a pair is just being made a PUNCH to each
/// address of the peer.
const ANSWERS_MAX: usize = 12;

/// What an engine of a call that shows pictures holds: pieces under way and key frames kept for resends.
const HEAP_MAX: i64 = 2_000_000;

/// The attackers' desk.
pub struct Attack {
    pub library: Library,
    /// Of a call that is over.
    old: Library,
    random: Random,
    pub sent: u64,
    pub answers_most: usize,
}

impl Attack {
    pub fn new(mut random: Random) -> Attack {
        let mut old = Library::default();
        let mut world = World::call(2, &mut random);
        old.learn(&mut world, &mut random);
        let knocker = world.guest(3, "knocker", false);
        world.run(SECOND);
        admit(&mut world);
        world.run(SECOND);
        assert!(world.place(knocker).is_some());
        for at in [3, 2, 0] {
            world.input(at, Input::Leave);
            world.run(SECOND);
            old.learn(&mut world, &mut random);
        }
        assert!(old.sorts() >= 10, "{} sorts", old.sorts());
        Attack { library: Library::default(), old, random, sent: 0, answers_most: 0 }
    }

    /// So many hostile datagrams, a little time passing between them.
    pub fn run(&mut self, world: &mut World, datagrams: usize) {
        for number in 0..datagrams {
            if number % AT_ONCE == 0 {
                world.run(MOMENT_NS);
                // Voice that is held back for long tells of a queue, and pictures rightly stop: that is another test's.
                world.caught.retain(|parcel| parcel.bytes[0] & 0x1f != 1);
                self.library.learn(world, &mut self.random);
                world.assert_no_reflector();
            }
            let answers = self.one(world);
            self.sent += 1;
            self.answers_most = self.answers_most.max(answers.sent.len());
            assert!(answers.sent.len() <= ANSWERS_MAX && answers.events <= ANSWERS_MAX, "{answers:?}");
        }
        // Of those at home one may have left, or not have come yet.
        let known = |parcel: &&Parcel| (0..4).any(|number| [home(number), abroad(number)].contains(&parcel.to));
        let astray = world.strayed.iter().find(|parcel| !known(parcel));
        assert!(astray.is_none(), "to where nobody ever was: {astray:?}");
        world.strayed.clear();
        assert!(world.nodes.iter().all(|node| node.heap_most < HEAP_MAX), "{:?}", heaps(world));
    }

    fn one(&mut self, world: &mut World) -> Answers {
        let random = &mut self.random;
        let caught = (!world.caught.is_empty()).then(|| below(random, world.caught.len()));
        match (random.below(20), caught, world.strayed.last()) {
            // What was held back comes late, or from elsewhere.
            (0..=1, Some(at), _) => {
                let Parcel { from, to, bytes } = world.caught.swap_remove(at);
                let from = if random.below(2) == 0 { from } else { abroad(below(random, STRANGERS)) };
                world.inject(from, to, &bytes)
            }
            // What was answered to a stranger goes back as it came.
            (2, _, Some(Parcel { from, to, bytes })) => {
                let (from, to, bytes) = (*to, *from, bytes.clone());
                world.inject(from, to, &bytes)
            }
            (what, ..) => {
                let library = if what < 6 { &self.old } else { &self.library };
                let parcel = library.any(random).clone();
                let bytes = forged(&parcel, library, random);
                let (from, to) = addressed(&parcel, world, random);
                world.inject(from, to, &bytes)
            }
        }
    }
}

fn heaps(world: &World) -> Vec<(i64, i64)> {
    world.nodes.iter().map(|node| (node.heap, node.heap_most)).collect()
}

/// The host says yes to whoever knocked last.
fn admit(world: &mut World) {
    let knocked = world.nodes[0].events.iter().rev().find_map(|event| match event {
        Event::Knocking { ticket, .. } => Some(*ticket),
        _ => None,
    });
    world.input(0, Input::Admit { ticket: knocked.expect("somebody knocked"), yes: true });
}

/// A call under attack from its first minute: two are in, one waits at the door, one joins with the key, the waiting
/// one is let in, one leaves. At every stage so many hostile datagrams.
pub fn attacked_call(random: Random, stage: usize) -> Attack {
    let mut attack = Attack::new(random);
    let mut world = World::call(1, &mut attack.random);
    attack.library.learn(&mut world, &mut attack.random);
    world.caught_per_mille = 20;

    let knocker = world.guest(2, "knocker", false);
    world.run(300 * MS);
    world.forget_all_but_knocking();
    attack.run(&mut world, stage);
    world.assert_calm(&[1]);
    assert_eq!(world.nodes[0].events.iter().filter(|event| is_noticed(event)).count(), 1, "one knocked, once");
    assert_eq!(world.place(knocker), None);

    let guest = world.guest(3, "guest", true);
    attack.run(&mut world, stage);
    assert!(world.place(guest).is_some(), "who has the key comes in all the same");
    assert_eq!(world.place(knocker), None, "who has none does not");
    admit(&mut world);
    attack.run(&mut world, stage);
    assert!(world.place(knocker).is_some(), "who is let in comes in all the same");

    let everybody = [0, 1, knocker, guest];
    world.forget();
    attack.run(&mut world, stage);
    world.assert_calm(&everybody);
    world.caught_per_mille = 0;
    world.caught.clear();
    world.assert_goes_on(&everybody);
    world.assert_calm(&everybody);

    world.input(knocker, Input::Leave);
    world.run(SECOND);
    world.forget();
    attack.run(&mut world, stage);
    let stay = [0, 1, guest];
    world.assert_calm(&stay);
    world.assert_goes_on(&stay);
    world.input(0, Input::Leave);
    world.run(SECOND);
    let bye = |event: &Event| matches!(event, Event::PeerLeft { why: Left::Bye, .. });
    assert!([1, guest].iter().all(|at| world.count(*at, bye) == 1), "and who leaves is gone");
    println!(
        "{} datagrams of {} sorts, at most {} answers to one; heap now and at most {:?}",
        attack.sent,
        attack.library.sorts(),
        attack.answers_most,
        heaps(&world)
    );
    attack
}

#[test]
fn strangers_move_nothing_in_a_call() {
    attacked_call(chance("strangers", 1), 2_500);
}

#[test]
fn who_was_let_in_does_not_knock_again_in_a_recording() {
    let mut random = chance("a recording of who knocked", 1);
    let mut world = World::call(1, &mut random);
    world.said.clear();
    world.guest(2, "knocker", false);
    world.run(SECOND);
    let is_join = |parcel: &&Parcel| parcel.bytes.get(12..14) == Some(&[1, 2]);
    let said: Vec<Parcel> = world.said.iter().filter(is_join).cloned().collect();
    assert!(!said.is_empty());
    admit(&mut world);
    world.run(SECOND);
    world.forget();
    for Parcel { from, to, bytes } in &said {
        for second in 0..30 {
            world.inject(*from, *to, bytes);
            world.run(if second < 10 { 100 * MS } else { SECOND });
        }
    }
    world.assert_calm(&[0, 1, 2]);
    world.assert_goes_on(&[0, 1, 2]);
}
