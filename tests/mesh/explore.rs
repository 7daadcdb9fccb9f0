// SPDX-License-Identifier: MIT
//! scratch
use super::seeds::live;
#[test]
#[ignore = "scratch"]
fn explore() {
    let n = |k: &str, d: u64| std::env::var(k).map_or(d, |s| s.parse().unwrap());
    let bad = std::sync::Mutex::new(vec![]);
    std::thread::scope(|s| { for t in 0..2 { let bad = &bad; s.spawn(move || { for seed in (n("FROM", 0)..n("TO", 100)).filter(|s| s % 2 == t) {
        if let Err(e) = std::panic::catch_unwind(|| live(seed)) { let t = e.downcast_ref::<String>().cloned().unwrap_or_else(|| e.downcast_ref::<&str>().unwrap_or(&"?").to_string()); bad.lock().unwrap().push((seed, t.lines().next().unwrap_or("").chars().take(200).collect::<String>())); }
    } }); } });
    for b in bad.lock().unwrap().iter() { println!("BAD {b:?}"); }
    println!("explored");
}
