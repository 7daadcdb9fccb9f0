// SPDX-License-Identifier: MIT
//! A call where nothing goes wrong.
use super::clock::SECOND;
use super::machine::Part;
use super::world::World;
use hyperzoom::mesh::Admit;

#[test]
fn smoke() {
    let start = std::time::Instant::now();
    let mut world = World::new(1);
    let all: Vec<usize> = ["host", "guest", "guest b", "guest c"].iter().map(|name| world.machine(Part::Member, name)).collect();
    let invite = world.host(all[0], true, Admit::Ask);
    for m in &all[1..] { world.join(*m, &invite); }
    world.run_until(20 * SECOND);
    for m in &world.machines { println!("{} {:?} {:?}", m.name, m.me(), m.people); for e in &m.events { println!("   {e:?}"); } for p in &m.peers { println!("   linked {} frames {} stats {:?} clock {:?}", p.linked, p.frames.len(), p.stats, p.clock.as_ref().map(|c| c.estimate(m.clock.at(world.now)))); } }
    println!("{:?} {} steps {} opened {:?}", start.elapsed(), world.steps, world.watch.opened_count, world.watch.dropped);
}
