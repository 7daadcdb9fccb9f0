// SPDX-License-Identifier: MIT
//! Writes the sample tables of a track from its [`Samples`].

use super::bytes::{full, put16, put32, put64};
use super::samples::{Samples, Sizes};

/// `stts ctts stss stsc stsz stco`, and roll groups for AAC: a decoder that starts in the middle must be given
/// one packet more than it shows.
pub(crate) fn write(out: &mut Vec<u8>, samples: &Samples, rolls: bool) {
    runs(out, b"stts", 0, samples.deltas.runs());
    if samples.compositions.runs().iter().any(|&(_, offset)| offset != 0) {
        let signed = samples.compositions.runs().iter().any(|&(_, offset)| offset < 0);
        let as_bits: Vec<(u32, u32)> = samples.compositions.runs().iter().map(|&(n, o)| (n, o as u32)).collect();
        runs(out, b"ctts", u8::from(signed), &as_bits);
    }
    if samples.syncs.runs().iter().any(|&(_, sync)| !sync) {
        key_frames(out, samples);
    }
    samples_a_chunk(out, samples);
    full(out, b"stsz", 0, 0, |out| match &samples.sizes {
        Sizes::Same { size, count } if *size > 0 => {
            put32(out, *size);
            put32(out, *count);
        }
        Sizes::Same { count, .. } => {
            put32(out, 0);
            put32(out, *count);
            out.resize(out.len() + *count as usize * 4, 0);
        }
        Sizes::Each(sizes) => {
            put32(out, 0);
            put32(out, sizes.len() as u32);
            sizes.iter().for_each(|&size| put32(out, size));
        }
    });
    let far = samples.chunks.iter().any(|chunk| u32::try_from(chunk.at).is_err());
    full(out, if far { b"co64" } else { b"stco" }, 0, 0, |out| {
        put32(out, samples.chunks.len() as u32);
        for chunk in &samples.chunks {
            if far { put64(out, chunk.at) } else { put32(out, chunk.at as u32) }
        }
    });
    if rolls {
        roll_groups(out, samples.count());
    }
}

fn runs(out: &mut Vec<u8>, kind: &[u8; 4], version: u8, runs: &[(u32, u32)]) {
    full(out, kind, version, 0, |out| {
        put32(out, runs.len() as u32);
        for &(count, value) in runs {
            put32(out, count);
            put32(out, value);
        }
    });
}

fn key_frames(out: &mut Vec<u8>, samples: &Samples) {
    let key_frames = samples.syncs.runs().iter().filter(|(_, sync)| *sync).map(|&(count, _)| count);
    let count = key_frames.sum::<u32>();
    full(out, b"stss", 0, 0, |out| {
        put32(out, count);
        let mut number = 1;
        for &(count, sync) in samples.syncs.runs() {
            if sync {
                (number..number + count).for_each(|number| put32(out, number));
            }
            number = number.saturating_add(count);
        }
    });
}

fn samples_a_chunk(out: &mut Vec<u8>, samples: &Samples) {
    let mut rows: Vec<[u32; 3]> = Vec::new();
    for (index, chunk) in samples.chunks.iter().enumerate() {
        let alike = rows.last().is_some_and(|row| row[1] == chunk.samples && row[2] == chunk.description);
        if !alike {
            rows.push([index as u32 + 1, chunk.samples, chunk.description]);
        }
    }
    full(out, b"stsc", 0, 0, |out| {
        put32(out, rows.len() as u32);
        rows.iter().flatten().for_each(|&field| put32(out, field));
    });
}

fn roll_groups(out: &mut Vec<u8>, count: u32) {
    full(out, b"sgpd", 1, 0, |out| {
        out.extend_from_slice(b"roll");
        put32(out, 2);
        put32(out, 1);
        put16(out, -1_i16 as u16);
    });
    full(out, b"sbgp", 0, 0, |out| {
        out.extend_from_slice(b"roll");
        put32(out, 1);
        put32(out, count);
        put32(out, 1);
    });
}
