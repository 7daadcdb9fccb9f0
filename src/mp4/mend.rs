// SPDX-License-Identifier: MIT
//! Gives the torn end of a file a whole shape, so that something can be appended behind it.
//!
//! ```text
//! mdat that claims more than there is     its size := what is there
//! any other box that does                 its kind := free, its size := what is there
//! fewer than eight bytes                  | 8 | free |
//! our own journal, only begun             cut off
//! ```
//! Sizes change byte by byte, the lowest first: so long as the highest byte that differs is the old one, the box
//! still claims more than there is, and a scan of that state gives the same samples as before.

use super::bytes::FourCc;
use super::journal::Patch;
use super::movie::{Tail, Torn};
use super::plan::{Plan, Step};
use super::scan_error::ScanError;

/// A size below this can be reached from any other through sizes that are larger.
const REACHABLE: u64 = 0xff00_0000;

/// Adds the steps to the plan and the original bytes to the patches; returns where the next box goes.
pub(crate) fn mend(tail: &Tail, end: u64, plan: &mut Plan, patches: &mut Vec<Patch>) -> Result<u64, ScanError> {
    let left = end - tail.at;
    let head = &tail.head;
    let too_long = || ScanError::NotUnderstood("an unfinished box of more than 4 GiB".into());
    let mut keep = |at: u64, bytes: &[u8]| patches.push(Patch { at, bytes: bytes.to_vec() });
    match (tail.torn, head.first_chunk::<8>()) {
        (Torn::Journal, _) => {
            plan.synced(Step::Truncate { len: tail.at });
            return Ok(tail.at);
        }
        (Torn::Short, _) | (_, None) => {
            keep(tail.at, head);
            plan.synced(Step::write(tail.at, *b"\0\0\0\x08free"));
            return Ok(tail.at + 8);
        }
        (Torn::Mdat, Some(&[0, 0, 0, 1, ..])) => {
            let old = head.get(8..16).ok_or(ScanError::Garbage(tail.at))?;
            keep(tail.at + 8, old);
            let new = left.to_be_bytes();
            lowest_first(plan, tail.at + 8, old, &new);
        }
        (Torn::Mdat, Some(short)) => {
            keep(tail.at, &short[..4]);
            if left >= REACHABLE && u32::from_be_bytes([short[0], short[1], short[2], short[3]]) == 0 {
                return Err(too_long());
            }
            size32(plan, tail.at, &short[..4], left)?;
        }
        (Torn::Box, Some(short)) => {
            if left >= REACHABLE {
                return Err(too_long());
            }
            keep(tail.at, short);
            let kind: FourCc = *b"free";
            if short[4..] != kind {
                plan.synced(Step::write(tail.at + 4, kind));
            }
            size32(plan, tail.at, &short[..4], left)?;
        }
    }
    Ok(end)
}

fn size32(plan: &mut Plan, at: u64, old: &[u8], left: u64) -> Result<(), ScanError> {
    let new = u32::try_from(left).map_err(|_| ScanError::Garbage(at))?.to_be_bytes();
    let mut old = [old[0], old[1], old[2], old[3]];
    if u32::from_be_bytes(old) < u32::from_be_bytes(new) {
        // "Up to the end", or "64 bits follow": first a size that is certainly too large.
        old[0] = 0xff;
        plan.synced(Step::write(at, [0xff]));
    }
    lowest_first(plan, at, &old, &new);
    Ok(())
}

fn lowest_first(plan: &mut Plan, at: u64, old: &[u8], new: &[u8]) {
    for index in (0..new.len()).rev() {
        if old[index] != new[index] {
            plan.synced(Step::write(at + index as u64, [new[index]]));
        }
    }
}
