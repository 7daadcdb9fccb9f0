// SPDX-License-Identifier: MIT
//! The key agreement of a pair, and the cookie that comes before it.
//!
//! ```text
//!  initiator (joined later)                    responder
//!  [ephemeral 32][payload][tag 16]         -->              sealed with what both know beforehand (psk)
//!                                          <--  [ephemeral 32][secret 32, payload][tag 16]
//!            both: secret + hash of everything said -> six stream keys
//! ```
//!
//! Noise NNpsk0 by the crate `snow`; its ephemeral keys come from our own generator, so that a simulated call can
//! be had again. Noise's own transport keys stay unused (they take no associated data, and the crate does not give
//! them out): the stream keys follow from a secret that the responder sends in the second message, which nobody
//! opens without one of the two ephemeral keys, bound to the hash of the whole handshake.

pub mod cookie;

use super::header::DATAGRAM_MAX;
use super::random::Random;
use super::seal::{LinkKeys, Secret};
pub use cookie::Cookies;
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::{CryptoResolver, DefaultResolver};
use snow::{Builder, HandshakeState};
use std::sync::Mutex;
use zeroize::Zeroize;

const PATTERN: &str = "Noise_NNpsk0_25519_ChaChaPoly_BLAKE2s";

/// What a message of the handshake adds to its payload: an ephemeral key and a tag.
pub const MESSAGE_EXTRA: usize = 32 + 16;
/// What the answer adds beyond that: the secret.
pub const ANSWER_EXTRA: usize = MESSAGE_EXTRA + SECRET_LEN;

const SECRET_LEN: usize = 32;

/// A message of the handshake did not open: another key, or changed on the way. Nothing has changed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the other side does not use the same key")]
pub struct Unopened;

/// The one who asks: who joined later.
pub struct Initiator {
    noise: HandshakeState,
}

impl Initiator {
    /// With what both know beforehand, secret (`psk`) and not (`prologue`).
    pub fn new(psk: &Secret, prologue: &[u8], random: &mut Random) -> Initiator {
        let builder = builder(psk, prologue, random);
        Initiator { noise: builder.build_initiator().expect("NNpsk0 needs no more than this") }
    }

    /// The first message. Call it once, and send the same bytes again if need be.
    pub fn first(&mut self, payload: &[u8]) -> Vec<u8> {
        write(&mut self.noise, payload)
    }

    /// The responder's answer: the keys, and its payload. A message that does not open leaves everything as it was.
    pub fn finish(&mut self, message: &[u8]) -> Result<(LinkKeys, Vec<u8>), Unopened> {
        let mut payload = read(&mut self.noise, message)?;
        if payload.len() < SECRET_LEN {
            return Err(Unopened);
        }
        let rest = payload.split_off(SECRET_LEN);
        let keys = keys(&self.noise, &payload);
        payload.zeroize();
        Ok((keys, rest))
    }
}

/// The one who answers.
pub struct Responder {
    noise: HandshakeState,
    secret: Secret,
}

impl Responder {
    /// With what both know beforehand, secret (`psk`) and not (`prologue`).
    pub fn new(psk: &Secret, prologue: &[u8], random: &mut Random) -> Responder {
        let builder = builder(psk, prologue, random);
        let noise = builder.build_responder().expect("NNpsk0 needs no more than this");
        Responder { noise, secret: random.secret() }
    }

    /// The initiator's first message: its payload. A message that does not open leaves everything as it was.
    pub fn read(&mut self, message: &[u8]) -> Result<Vec<u8>, Unopened> {
        read(&mut self.noise, message)
    }

    /// The answer to what was read, and the keys.
    pub fn answer(mut self, payload: &[u8]) -> (Vec<u8>, LinkKeys) {
        let mut plain = self.secret.bytes().to_vec();
        plain.extend_from_slice(payload);
        let message = write(&mut self.noise, &plain);
        let keys = keys(&self.noise, self.secret.bytes());
        plain.zeroize();
        (message, keys)
    }
}

fn builder<'a>(psk: &'a Secret, prologue: &'a [u8], random: &mut Random) -> Builder<'a> {
    let params = PATTERN.parse().expect("the pattern is well formed");
    let resolver = Resolver { ephemeral: Mutex::new(Some(Random::new(random.bytes()))) };
    let builder = Builder::with_resolver(params, Box::new(resolver));
    builder.psk(0, psk.bytes()).and_then(|builder| builder.prologue(prologue)).expect("each is said once")
}

fn write(noise: &mut HandshakeState, payload: &[u8]) -> Vec<u8> {
    let mut message = vec![0; payload.len() + MESSAGE_EXTRA];
    let len = noise.write_message(payload, &mut message).expect("it is our turn, and there is room");
    message.truncate(len);
    message
}

fn read(noise: &mut HandshakeState, message: &[u8]) -> Result<Vec<u8>, Unopened> {
    if message.len() > DATAGRAM_MAX {
        return Err(Unopened);
    }
    let mut payload = vec![0; DATAGRAM_MAX];
    let len = noise.read_message(message, &mut payload).map_err(|_| Unopened)?;
    payload.truncate(len);
    Ok(payload)
}

fn keys(noise: &HandshakeState, secret: &[u8]) -> LinkKeys {
    let secret = super::seal::secret::derive(secret, "link", noise.get_handshake_hash());
    LinkKeys::agree(&secret, &[], noise.is_initiator())
}

/// Everything as `snow` has it, except where random numbers come from.
struct Resolver {
    /// Taken once, by the one handshake that this is for.
    ephemeral: Mutex<Option<Random>>,
}

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn snow::types::Random>> {
        let random = self.ephemeral.lock().ok()?.take()?;
        Some(Box::new(Ephemeral(random)))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn snow::types::Dh>> {
        DefaultResolver.resolve_dh(choice)
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn snow::types::Hash>> {
        DefaultResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn snow::types::Cipher>> {
        DefaultResolver.resolve_cipher(choice)
    }
}

struct Ephemeral(Random);

impl snow::types::Random for Ephemeral {
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), snow::Error> {
        self.0.fill(out);
        Ok(())
    }
}

impl core::fmt::Debug for Initiator {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Initiator(..)")
    }
}

impl core::fmt::Debug for Responder {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Responder(..)")
    }
}

#[cfg(test)]
mod tests;
