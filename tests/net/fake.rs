// SPDX-License-Identifier: MIT
//! A stand-in for routers that we do not have: it speaks just enough UPnP over real sockets, and refuses as they do.
//! What an ordinary router does is tried against a real one elsewhere.

use super::namespace::Namespace;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

const CONTROL_PORT: u16 = 5_050;
const SERVICE: &str = "urn:schemas-upnp-org:service:WANIPConnection:1";
/// How often its threads look whether they shall end.
const NAP: Duration = Duration::from_millis(20);

/// What somebody asks for: the port outside, where it shall lead, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    pub external: u16,
    pub to: SocketAddrV4,
    pub lease_s: u32,
}

/// Refuses a wish with a number of UPnP's, given what is open already.
pub type Law = fn(&BTreeMap<u16, Wish>, &Wish) -> Result<(), u16>;

/// What it knows.
#[derive(Debug, Default)]
struct Book {
    open: BTreeMap<u16, Wish>,
    wishes: Vec<Wish>,
}

/// Answers until it is dropped.
#[derive(Debug)]
pub struct Fake {
    book: Arc<Mutex<Book>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Fake {
    /// In that network, at `address`, with an outside of its own.
    pub fn start(namespace: &Namespace, address: Ipv4Addr, external: Ipv4Addr, law: Law) -> Fake {
        let book = Arc::new(Mutex::new(Book::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (search, control) = namespace.inside(|| {
            let search = UdpSocket::bind(("0.0.0.0", 1900)).expect("nobody else searches here");
            search.join_multicast_v4(&Ipv4Addr::new(239, 255, 255, 250), &address).expect("a network");
            (search, TcpListener::bind((address, CONTROL_PORT)).expect("a free port"))
        });
        search.set_read_timeout(Some(NAP)).expect("not zero");
        control.set_nonblocking(true).expect("a socket of our own");
        let (stopped, stopped_too, shared) = (stop.clone(), stop.clone(), book.clone());
        let answers = std::thread::spawn(move || answer_searches(&search, address, &stopped));
        let serves = std::thread::spawn(move || {
            while !stopped_too.load(Ordering::Relaxed) {
                match control.accept() {
                    Ok((stream, _)) => {
                        let shared = shared.clone();
                        // Whoever hangs up in the middle is served no further.
                        std::thread::spawn(move || drop(serve(stream, &shared, external, law)));
                    }
                    Err(_) => std::thread::sleep(NAP),
                }
            }
        });
        Fake { book, stop, threads: vec![answers, serves] }
    }

    /// Opens a port, as somebody else did before.
    pub fn occupy(&self, external: u16, to: SocketAddrV4) {
        self.book.lock().expect("nobody panics with it").open.insert(external, Wish { external, to, lease_s: 0 });
    }

    /// What is open: port outside, where it leads, for how long.
    pub fn open(&self) -> Vec<Wish> {
        self.book.lock().expect("nobody panics with it").open.values().copied().collect()
    }

    /// Everything that was asked for, granted or not.
    pub fn wishes(&self) -> Vec<Wish> {
        self.book.lock().expect("nobody panics with it").wishes.clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("the stand-in does not panic");
        }
    }
}

fn answer_searches(search: &UdpSocket, address: Ipv4Addr, stop: &AtomicBool) {
    let answer = format!(
        "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: {SERVICE}\r\nUSN: uuid:fake::{SERVICE}\r\nEXT:\r\n\
         LOCATION: http://{address}:{CONTROL_PORT}/device.xml\r\n\r\n"
    );
    let mut asked = [0; 1500];
    while !stop.load(Ordering::Relaxed) {
        let Ok((length, from)) = search.recv_from(&mut asked) else { continue };
        if asked[..length].starts_with(b"M-SEARCH") {
            // Somebody who has gone does not need it.
            let _ = search.send_to(answer.as_bytes(), from);
        }
    }
}

fn serve(mut stream: TcpStream, book: &Mutex<Book>, external: Ipv4Addr, law: Law) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let from = stream.peer_addr()?;
    let asked = request(&mut stream)?;
    let (status, body) = match asked.split_whitespace().nth(1) {
        Some("/device.xml") => ("200 OK", device()),
        Some("/service.xml") => ("200 OK", SCHEMA.to_owned()),
        _ => match act(&asked, from, &mut book.lock().expect("nobody panics with it"), external, law) {
            Ok(body) => ("200 OK", envelope(&body)),
            Err(code) => ("500 Internal Server Error", envelope(&fault(code))),
        },
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Head and body, as far as the head says there is one.
fn request(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut text = String::new();
    let mut bytes = [0; 4096];
    loop {
        let length = stream.read(&mut bytes)?;
        if length == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        text.push_str(&String::from_utf8_lossy(&bytes[..length]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let field =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
        let expected = field.and_then(|value| value.trim().parse().ok()).unwrap_or(0);
        if body.len() >= expected {
            return Ok(text);
        }
    }
}

fn act(asked: &str, from: SocketAddr, book: &mut Book, external: Ipv4Addr, law: Law) -> Result<String, u16> {
    let field = |name: &str| asked.split_once(&format!("<{name}>"))?.1.split_once('<').map(|(value, _)| value.trim());
    let number = |name: &str| field(name)?.parse::<u32>().ok();
    let port = || number("NewExternalPort").map(|port| port as u16).ok_or(402u16);
    let is = |name: &str| asked.contains(&format!("#{name}\""));
    let response =
        |name: &str, fields: &str| format!("<u:{name}Response xmlns:u=\"{SERVICE}\">{fields}</u:{name}Response>");
    if is("GetExternalIPAddress") {
        let fields = format!("<NewExternalIPAddress>{external}</NewExternalIPAddress>");
        return Ok(response("GetExternalIPAddress", &fields));
    }
    if is("GetSpecificPortMappingEntry") {
        let Wish { to, lease_s, .. } = book.open.get(&port()?).ok_or(714u16)?;
        let fields = format!(
            "<NewInternalPort>{}</NewInternalPort><NewInternalClient>{}</NewInternalClient><NewEnabled>1</NewEnabled>\
             <NewPortMappingDescription>x</NewPortMappingDescription><NewLeaseDuration>{lease_s}</NewLeaseDuration>",
            to.port(),
            to.ip()
        );
        return Ok(response("GetSpecificPortMappingEntry", &fields));
    }
    if is("DeletePortMapping") {
        book.open.remove(&port()?).ok_or(714u16)?;
        return Ok(response("DeletePortMapping", ""));
    }
    if !is("AddPortMapping") {
        return Err(401);
    }
    let client = field("NewInternalClient").and_then(|client| client.parse().ok()).ok_or(402u16)?;
    let inside = number("NewInternalPort").ok_or(402u16)?;
    let wish = Wish {
        external: port()?,
        to: SocketAddrV4::new(client, inside as u16),
        lease_s: number("NewLeaseDuration").ok_or(402u16)?,
    };
    book.wishes.push(wish);
    assert_eq!(from.ip(), *wish.to.ip(), "nobody asks on behalf of others");
    law(&book.open, &wish)?;
    book.open.insert(wish.external, wish);
    Ok(response("AddPortMapping", ""))
}

fn envelope(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>{body}</s:Body></s:Envelope>"
    )
}

fn fault(code: u16) -> String {
    format!(
        "<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>\
         <UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\"><errorCode>{code}</errorCode>\
         <errorDescription>no</errorDescription></UPnPError></detail></s:Fault>"
    )
}

fn device() -> String {
    format!(
        "<?xml version=\"1.0\"?><root xmlns=\"urn:schemas-upnp-org:device-1-0\"><device>\
         <deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType><serviceList><service>\
         <serviceType>{SERVICE}</serviceType><controlURL>/control</controlURL><SCPDURL>/service.xml</SCPDURL>\
         </service></serviceList></device></root>"
    )
}

const SCHEMA: &str = "<?xml version=\"1.0\"?><scpd xmlns=\"urn:schemas-upnp-org:service-1-0\"><actionList>\
    <action><name>AddPortMapping</name><argumentList>\
    <argument><name>NewRemoteHost</name><direction>in</direction></argument>\
    <argument><name>NewExternalPort</name><direction>in</direction></argument>\
    <argument><name>NewProtocol</name><direction>in</direction></argument>\
    <argument><name>NewInternalPort</name><direction>in</direction></argument>\
    <argument><name>NewInternalClient</name><direction>in</direction></argument>\
    <argument><name>NewEnabled</name><direction>in</direction></argument>\
    <argument><name>NewPortMappingDescription</name><direction>in</direction></argument>\
    <argument><name>NewLeaseDuration</name><direction>in</direction></argument></argumentList></action>\
    <action><name>DeletePortMapping</name><argumentList>\
    <argument><name>NewRemoteHost</name><direction>in</direction></argument>\
    <argument><name>NewExternalPort</name><direction>in</direction></argument>\
    <argument><name>NewProtocol</name><direction>in</direction></argument></argumentList></action>\
    </actionList></scpd>";
