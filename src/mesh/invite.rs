// SPDX-License-Identifier: MIT
//! The text that brings a guest to a host. It is read out, pasted into chats and typed by hand, so it is read
//! kindly: whatever can be understood is, and whatever cannot is answered with a sentence that says what to do.
//!
//! ```text
//!  203.0.113.7:4821#0M3KZ8Q5T1VX7YNBC4DGHJ2R6S
//!  203.0.113.7:4821,[2001:db8::7]:4821#...         more than one way to the same host
//!  203.0.113.7:4821                                without a key: the host is asked
//! ```
//!
//! The key is 128 bits in Crockford's base32: no letter looks like a number, none spells a word.

use super::random::Random;
use super::seal::Secret;
use super::seal::secret::derive;
use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::str::FromStr;
use data_encoding::{Encoding, Specification};
use std::sync::LazyLock;
use zeroize::Zeroize;

/// Ways to one host; nobody has more networks than that.
pub const ADDRESSES_MAX: usize = 8;

const KEY_LEN: usize = 16;
const KEY_LETTERS: usize = 26;

static LETTERS: LazyLock<Encoding> = LazyLock::new(|| {
    let mut crockford = Specification::new();
    crockford.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    crockford.translate.from.push_str("abcdefghjkmnpqrstvwxyzOoIiLl");
    crockford.translate.to.push_str("ABCDEFGHJKMNPQRSTVWXYZ001111");
    crockford.encoding().expect("thirty-two different letters")
});

/// The key of a call: who has it may join.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteKey([u8; KEY_LEN]);

impl InviteKey {
    /// A new one.
    pub fn random(random: &mut Random) -> InviteKey {
        InviteKey(random.bytes())
    }

    /// From its bytes.
    pub fn new(bytes: [u8; KEY_LEN]) -> InviteKey {
        InviteKey(bytes)
    }

    /// What both ends of a handshake know beforehand if both have this key.
    pub fn psk(&self) -> Secret {
        derive(&self.0, "invite", &[])
    }
}

impl Drop for InviteKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for InviteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteKey(..)")
    }
}

impl fmt::Display for InviteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        LETTERS.encode_display(&self.0).fmt(f)
    }
}

/// Where a host is, and the key to its call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Ways to the host, at least one, at most [`ADDRESSES_MAX`].
    pub addresses: Vec<SocketAddr>,
    /// Without one the host is asked whether the guest may come in.
    pub key: Option<InviteKey>,
}

/// Why a text is no invite.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// Nothing at all.
    #[error("the invite is empty; paste the one that the host sent, it looks like 203.0.113.7:4821#KEY")]
    Empty,
    /// Nothing before the key, or between two commas.
    #[error("the invite has no address; it looks like 203.0.113.7:4821#KEY")]
    NoAddress,
    /// More than anybody needs.
    #[error("the invite has more than {ADDRESSES_MAX} addresses")]
    TooManyAddresses,
    /// An address alone.
    #[error("the port is missing after {0}; an address looks like 203.0.113.7:4821")]
    NoPort(String),
    /// Port 0 is no port.
    #[error("port 0 in {0} cannot be called; the host's invite has the real one")]
    PortZero(String),
    /// Not a number, or too large a one.
    #[error("`{0}` is no port; a port is a number from 1 to 65535")]
    BadPort(String),
    /// IPv6 without brackets.
    #[error("an IPv6 address stands in brackets before its port, like [2001:db8::7]:4821, not {0}")]
    NoBrackets(String),
    /// Four numbers, but not such.
    #[error("`{0}` is no IP address")]
    BadAddress(String),
    /// An address that means no machine.
    #[error("{0} is not the address of one machine; the host's invite has the real one")]
    NoMachine(IpAddr),
    /// Something with letters.
    #[error("`{0}` is a name; an IP address is needed, like 203.0.113.7:4821")]
    Name(String),
    /// `#` and nothing behind it.
    #[error("the key after # is missing; without a key leave the # out, then the host is asked")]
    NoKey,
    /// Letters are missing.
    #[error("the key is too short: it has {0} of {KEY_LETTERS} letters; part of the invite is missing")]
    KeyShort(usize),
    /// Letters are too many.
    #[error("the key is too long: it has {0} letters, not {KEY_LETTERS}")]
    KeyLong(usize),
    /// What no key has.
    #[error("the key has a `{0}`, which is in no key; copy the invite again")]
    KeyLetter(char),
    /// The last letter says more than fits into the key.
    #[error("the key has a wrong letter at its end; copy the invite again")]
    KeyEnd,
}

impl FromStr for InviteKey {
    type Err = InviteError;

    fn from_str(text: &str) -> Result<InviteKey, InviteError> {
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() && !matches!(letter, 'U' | 'u');
        if let Some(wrong) = text.chars().find(|letter| !is_letter(*letter)) {
            return Err(InviteError::KeyLetter(wrong));
        }
        match text.len() {
            0 => return Err(InviteError::NoKey),
            KEY_LETTERS => {}
            few @ ..KEY_LETTERS => return Err(InviteError::KeyShort(few)),
            many => return Err(InviteError::KeyLong(many)),
        }
        let mut bytes = LETTERS.decode(text.as_bytes()).map_err(|_| InviteError::KeyEnd)?;
        let key = <[u8; KEY_LEN]>::try_from(bytes.as_slice()).map_err(|_| InviteError::KeyEnd);
        bytes.zeroize();
        key.map(InviteKey)
    }
}

impl FromStr for Invite {
    type Err = InviteError;

    fn from_str(text: &str) -> Result<Invite, InviteError> {
        let text = unwrapped(text);
        if text.is_empty() {
            return Err(InviteError::Empty);
        }
        let (addresses, key) = match text.split_once('#') {
            Some((addresses, key)) => (addresses, Some(key.trim().parse()?)),
            None => (text, None),
        };
        if addresses.split(',').count() > ADDRESSES_MAX {
            return Err(InviteError::TooManyAddresses);
        }
        let addresses = addresses.split(',').map(|address| read_address(address.trim())).collect::<Result<_, _>>()?;
        Ok(Invite { addresses, key })
    }
}

/// Without what chats and people put around it.
fn unwrapped(text: &str) -> &str {
    let around = |letter: char| letter.is_whitespace() || matches!(letter, '<' | '>' | '"' | '`');
    let text = text.trim_matches(around);
    let scheme = text.get(..3).is_some_and(|scheme| scheme.eq_ignore_ascii_case("hz:"));
    if scheme { text[3..].trim_start_matches('/').trim_matches(around) } else { text }
}

fn read_address(text: &str) -> Result<SocketAddr, InviteError> {
    if text.is_empty() {
        return Err(InviteError::NoAddress);
    }
    if text.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6()) {
        return Err(InviteError::NoBrackets(text.into()));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => return Err(unported(text)),
    };
    if host.is_empty() {
        return Err(InviteError::NoAddress);
    }
    if port.is_empty() {
        return Err(InviteError::NoPort(host.into()));
    }
    let is_number = port.bytes().all(|digit| digit.is_ascii_digit());
    let port = port.parse::<u16>().ok().filter(|_| is_number).ok_or_else(|| InviteError::BadPort(port.into()))?;
    let address = SocketAddr::from_str(text).map_err(|_| unaddressed(host))?;
    if port == 0 {
        return Err(InviteError::PortZero(text.into()));
    }
    let ip = address.ip();
    let is_broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    if ip.is_unspecified() || ip.is_multicast() || is_broadcast {
        return Err(InviteError::NoMachine(ip));
    }
    Ok(address)
}

/// What is wrong with something that has no port.
fn unported(text: &str) -> InviteError {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() { InviteError::NoPort(text.into()) } else { unaddressed(text) }
}

/// What is wrong with something that is no address.
fn unaddressed(host: &str) -> InviteError {
    let like_ipv4 = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if host.parse::<IpAddr>().is_ok() {
        InviteError::NoBrackets(host.into())
    } else if like_ipv4 || host.contains([':', '[', ']']) {
        InviteError::BadAddress(host.into())
    } else {
        InviteError::Name(host.into())
    }
}

impl fmt::Display for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, address) in self.addresses.iter().enumerate() {
            write!(f, "{}{address}", if index == 0 { "" } else { "," })?;
        }
        self.key.as_ref().map_or(Ok(()), |key| write!(f, "#{key}"))
    }
}

#[cfg(test)]
mod tests;
