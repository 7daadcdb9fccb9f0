// SPDX-License-Identifier: MIT
//! Thirty-two secret bytes, and how others are derived from them.

use blake2::Blake2sMac256;
use blake2::digest::{KeyInit, Mac};
use zeroize::Zeroize;

/// A key. Overwritten when it is dropped, never shown.
pub struct Secret([u8; 32]);

impl Secret {
    /// No secret at all: what two people share who share nothing.
    pub const NONE: Secret = Secret([0; 32]);

    /// From bytes that were agreed on or drawn.
    pub fn new(bytes: [u8; 32]) -> Secret {
        Secret(bytes)
    }

    /// To seal with, or to hand on inside something sealed.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Another secret, from which this one cannot be learned: BLAKE2s keyed with this one, over what the other is
    /// for and over what it belongs to.
    pub fn derive(&self, purpose: &str, context: &[u8]) -> Secret {
        derive(&self.0, purpose, context)
    }
}

/// [`Secret::derive`] from a secret of another length, at most 32 bytes.
pub(in crate::mesh) fn derive(key: &[u8], purpose: &str, context: &[u8]) -> Secret {
    let mut mac = <Blake2sMac256 as KeyInit>::new_from_slice(key).expect("a key of at most 32 bytes");
    let purpose_len = u8::try_from(purpose.len()).expect("purposes are a few words");
    mac.update(&[purpose_len]);
    mac.update(purpose.as_bytes());
    mac.update(context);
    Secret(mac.finalize().into_bytes().into())
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(..)")
    }
}
