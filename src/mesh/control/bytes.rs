// SPDX-License-Identifier: MIT
//! Big-endian bytes, written and read in order. Reading never goes past the end and never allocates more than the
//! datagram holds: whatever does not fit is `None`, and the message is refused as a whole.
//!
//! ```text
//! address   [4][a b c d][port]  or  [6][16 bytes][port]
//! text      [length][UTF-8 ...]              at most 255 bytes
//! ```

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Bytes that grow.
#[derive(Debug, Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    /// Room for one datagram.
    pub fn new() -> Writer {
        Writer(Vec::with_capacity(crate::mesh::header::DATAGRAM_MAX))
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) -> &mut Writer {
        self.0.push(value);
        self
    }

    /// Two bytes.
    pub fn u16(&mut self, value: u16) -> &mut Writer {
        self.bytes(&value.to_be_bytes())
    }

    /// Four bytes.
    pub fn u32(&mut self, value: u32) -> &mut Writer {
        self.bytes(&value.to_be_bytes())
    }

    /// Eight bytes.
    pub fn u64(&mut self, value: u64) -> &mut Writer {
        self.bytes(&value.to_be_bytes())
    }

    /// These bytes and nothing around them.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Writer {
        self.0.extend_from_slice(bytes);
        self
    }

    /// An address, without what is only true on the sender's machine (scope, flow).
    pub fn address(&mut self, address: SocketAddr) -> &mut Writer {
        match address.ip().to_canonical() {
            IpAddr::V4(ip) => self.u8(4).bytes(&ip.octets()),
            IpAddr::V6(ip) => self.u8(6).bytes(&ip.octets()),
        };
        self.u16(address.port())
    }

    /// The first `max` of these addresses.
    pub fn addresses(&mut self, addresses: &[SocketAddr], max: usize) -> &mut Writer {
        let kept = &addresses[..addresses.len().min(max)];
        self.u8(kept.len() as u8);
        for address in kept {
            self.address(*address);
        }
        self
    }

    /// A short text; what is longer than 255 bytes is a bug of ours.
    pub fn text(&mut self, text: &str) -> &mut Writer {
        assert!(text.len() <= 255, "names are cut before they get here");
        self.u8(text.len() as u8).bytes(text.as_bytes())
    }
}

/// Bytes that are left to read.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    /// One byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Two bytes.
    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// Thirty-two bytes of a key.
    pub fn key(&mut self) -> Option<[u8; 32]> {
        self.array()
    }

    /// An address.
    pub fn address(&mut self) -> Option<SocketAddr> {
        let ip = match self.u8()? {
            4 => IpAddr::V4(Ipv4Addr::from(self.array::<4>()?)),
            6 => IpAddr::V6(Ipv6Addr::from(self.array::<16>()?)),
            _ => return None,
        };
        Some(SocketAddr::new(ip, self.u16()?))
    }

    /// At most `max` addresses; more of them are no message of ours.
    pub fn addresses(&mut self, max: usize) -> Option<Vec<SocketAddr>> {
        let count = usize::from(self.u8()?);
        if count > max {
            return None;
        }
        (0..count).map(|_| self.address()).collect()
    }

    /// A short text of at most `max` bytes.
    pub fn text(&mut self, max: usize) -> Option<&'a str> {
        let length = usize::from(self.u8()?);
        if length > max {
            return None;
        }
        core::str::from_utf8(self.bytes(length)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, Writer};

    #[test]
    fn what_is_written_is_read_and_nothing_beyond_the_end() {
        let mut writer = Writer::new();
        let addresses = ["10.0.0.1:9000".parse().expect("an address"), "[2001:db8::7]:1".parse().expect("an address")];
        writer.u8(1).u16(2).u32(3).u64(4).text("host").addresses(&addresses, 8);
        for cut in 0..=writer.0.len() {
            let mut reader = Reader(&writer.0[..cut]);
            let read = (|| {
                let head = (reader.u8()?, reader.u16()?, reader.u32()?, reader.u64()?, reader.text(8)?);
                Some((head, reader.addresses(8)?))
            })();
            assert_eq!(read.is_some(), cut == writer.0.len());
            if let Some((head, read)) = read {
                assert_eq!(head, (1, 2, 3, 4, "host"));
                assert_eq!(read, addresses);
            }
        }
    }

    #[test]
    fn too_many_and_too_long_are_refused() {
        let mut writer = Writer::new();
        writer.addresses(&["10.0.0.1:9000".parse().expect("an address"); 9], 9).text("abc");
        assert_eq!(Reader(&writer.0).addresses(8), None);
        assert_eq!(Reader(&[3, b'a', b'b', b'c']).text(2), None);
        assert_eq!(Reader(&[1, 0xff]).text(2), None);
    }

    #[test]
    fn an_address_of_the_old_kind_in_new_clothes_is_the_old_kind() {
        let mut writer = Writer::new();
        writer.address("[::ffff:10.0.0.1]:5".parse().expect("an address"));
        assert_eq!(Reader(&writer.0).address(), Some("10.0.0.1:5".parse().expect("an address")));
    }
}
