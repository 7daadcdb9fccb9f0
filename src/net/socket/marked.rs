// SPDX-License-Identifier: MIT
//! Sending with a mark of its own for each datagram: `sendmsg` with one control message.
//!
//! ```text
//!   msghdr -> address | bytes | cmsghdr { SOL_IP, IP_TOS } or { SOL_IPV6, IPV6_TCLASS } + int
//! ```

use super::Mark;
use socket2::SockAddr;
use std::io;
use std::mem;
use std::os::fd::AsRawFd;

/// Expedited forwarding (46), in the upper six bits of the byte.
const EXPEDITED: libc::c_int = 46 << 2;

/// Room for one control message with an int, aligned as its header wants it.
#[repr(C, align(8))]
struct Control([u8; 32]);

/// Never waits: voice that does not fit now is too late anyway.
pub(super) fn send(socket: &socket2::Socket, to: &SockAddr, datagram: &[u8], mark: Mark) -> io::Result<()> {
    let mut part = libc::iovec { iov_base: datagram.as_ptr().cast_mut().cast(), iov_len: datagram.len() };
    // SAFETY: a msghdr is plain numbers and pointers, for which zero means absent.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_name = to.as_ptr().cast_mut().cast();
    message.msg_namelen = to.len();
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    let mut control = Control([0; 32]);
    if mark == Mark::Voice {
        mark_as_voice(&mut message, &mut control, to);
    }
    // SAFETY: everything the message points at lives through the call and is only read.
    let sent =
        unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL) };
    if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn mark_as_voice(message: &mut libc::msghdr, control: &mut Control, to: &SockAddr) {
    // IPv4 through an IPv6 socket is IPv4 all the same, and wants its own word for it.
    let is_v4 = to.as_socket().is_none_or(|to| to.ip().to_canonical().is_ipv4());
    let (level, kind) = if is_v4 { (libc::SOL_IP, libc::IP_TOS) } else { (libc::SOL_IPV6, libc::IPV6_TCLASS) };
    message.msg_control = control.0.as_mut_ptr().cast();
    // SAFETY: the buffer holds one header and one int (24 of 32 bytes), so the first header exists and its data fits.
    unsafe {
        message.msg_controllen = libc::CMSG_SPACE(size_of::<libc::c_int>() as u32) as _;
        let header = libc::CMSG_FIRSTHDR(message);
        (*header).cmsg_level = level;
        (*header).cmsg_type = kind;
        (*header).cmsg_len = libc::CMSG_LEN(size_of::<libc::c_int>() as u32) as _;
        libc::CMSG_DATA(header).cast::<libc::c_int>().write_unaligned(EXPEDITED);
    }
}
