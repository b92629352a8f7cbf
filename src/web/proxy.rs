//! Where a request comes from when a reverse proxy stands before the server. What a proxy says of a
//! client is believed only where the connection comes from an address that the operator trusts, and
//! only in the one header that this proxy writes: any other may be the client's own.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{HeaderMap, HeaderName, X_FORWARDED_FOR, X_FORWARDED_PROTO};
use ipnet::IpNet;
use serde::Deserialize;

/// Proxies in a row that are followed back; more is no set-up of this world.
const MOST_HOPS: usize = 16;

/// The header in which the proxy tells who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyHeader {
    /// `X-Forwarded-For` and `X-Forwarded-Proto`, as nginx, Caddy and HAProxy write them.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Whom the operator trusts to say where requests come from; by default nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    trusted: Vec<IpNet>,
    header: ProxyHeader,
}

/// Where one request comes from, as far as that can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) address: Option<IpAddr>,
    /// Whether it came through TLS, here or at the proxy.
    pub(super) secure: bool,
}

/// One element of a forwarding header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hop {
    address: Option<IpAddr>,
    secure: Option<bool>,
}

impl Proxies {
    /// Networks such as `10.0.0.0/8`, or single addresses.
    ///
    /// # Errors
    /// The text that is neither.
    pub fn new(trusted: &[String], header: ProxyHeader) -> Result<Self, String> {
        let network = |text: &String| {
            let one = |_| text.parse::<IpAddr>().map(IpNet::from);
            text.parse::<IpNet>().or_else(one).map_err(|_| text.clone())
        };
        let trusted = trusted.iter().map(network).collect::<Result<_, _>>()?;
        Ok(Self { trusted, header })
    }

    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|network| network.contains(&address))
    }

    /// The last address on the way here that is not a proxy of ours.
    pub(super) fn origin(&self, peer: Option<IpAddr>, tls: bool, headers: &HeaderMap) -> Origin {
        let mut origin = Origin { address: peer.map(|peer| peer.to_canonical()), secure: tls };
        if !peer.is_some_and(|peer| self.trusts(peer)) {
            return origin;
        }
        for hop in self.hops(headers).into_iter().take(MOST_HOPS) {
            let Some(address) = hop.address else { break };
            origin.address = Some(address);
            origin.secure = hop.secure.unwrap_or(origin.secure);
            if !self.trusts(address) {
                break;
            }
        }
        origin
    }

    /// True where somebody who is not trusted speaks like a proxy: either a client that tries, or a
    /// proxy that was forgotten in the configuration, behind which all clients are one.
    pub(super) fn is_unknown_proxy(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> bool {
        headers.contains_key(&X_FORWARDED_FOR) && !peer.is_some_and(|peer| self.trusts(peer))
    }

    /// The elements, the nearest first.
    fn hops(&self, headers: &HeaderMap) -> Vec<Hop> {
        match self.header {
            ProxyHeader::Forwarded => {
                let name = HeaderName::from_static("forwarded");
                elements(headers, &name).map(forwarded).collect()
            }
            ProxyHeader::XForwardedFor => {
                let secure = elements(headers, &X_FORWARDED_PROTO).next().map(is_https);
                let hop = |text| Hop { address: node(text), secure };
                elements(headers, &X_FORWARDED_FOR).map(hop).collect()
            }
        }
    }
}

/// The elements of all lines of one header, the last first. Proxies append, so what a client wrote
/// stands before what they did.
fn elements<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines: Vec<&str> = headers.get_all(name).map(|v| v.to_str().unwrap_or_default()).collect();
    lines.into_iter().rev().flat_map(|line| line.rsplit(','))
}

/// One element of RFC 7239: `for=192.0.2.60;proto=https;by=…`. Values with a comma in quotes do not
/// occur in the parameters that are read.
fn forwarded(element: &str) -> Hop {
    let mut hop = Hop::default();
    for pair in element.split(';') {
        let Some((key, value)) = pair.split_once('=') else { continue };
        let value = value.trim().trim_matches('"');
        match key.trim().to_ascii_lowercase().as_str() {
            "for" => hop.address = node(value),
            "proto" => hop.secure = Some(is_https(value)),
            _ => {}
        }
    }
    hop
}

fn is_https(proto: &str) -> bool {
    proto.trim().eq_ignore_ascii_case("https")
}

/// An address with or without a port; `unknown` and names in the place of one are none.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    address.or_else(with_port).map(|address| address.to_canonical())
}

/// The network that an address is of: what a log may keep, and what is counted together. 24 bits of
/// IPv4, 48 of IPv6.
pub(super) fn prefix(address: IpAddr) -> String {
    let bits = if address.is_ipv4() { 24 } else { 48 };
    IpNet::new(address, bits).map_or_else(|_| String::new(), |network| network.trunc().to_string())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        map
    }

    fn ours(header: ProxyHeader) -> Proxies {
        Proxies::new(&["10.0.0.0/8".to_owned(), "::1".to_owned()], header).unwrap()
    }

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn only_a_trusted_peer_speaks_for_others() {
        let proxies = ours(ProxyHeader::XForwardedFor);
        let said = headers(&[("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "https")]);
        let told = proxies.origin(ip("10.1.2.3"), false, &said);
        assert_eq!(told, Origin { address: ip("203.0.113.7"), secure: true });
        let stranger = proxies.origin(ip("198.51.100.9"), false, &said);
        assert_eq!(stranger, Origin { address: ip("198.51.100.9"), secure: false });
        assert!(proxies.is_unknown_proxy(ip("198.51.100.9"), &said));
        // An IPv4 address that arrives on an IPv6 socket is the same one.
        assert_eq!(proxies.origin(ip("::ffff:10.1.2.3"), false, &said), told);
    }

    #[test]
    fn what_the_client_wrote_before_the_proxy_is_not_believed() {
        let proxies = ours(ProxyHeader::XForwardedFor);
        for said in [
            headers(&[("x-forwarded-for", "1.1.1.1, 203.0.113.7, 10.9.9.9")]),
            headers(&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.7")]),
            headers(&[("x-forwarded-for", "10.0.0.1, 203.0.113.7:5521")]),
        ] {
            assert_eq!(proxies.origin(ip("10.1.2.3"), false, &said).address, ip("203.0.113.7"));
        }
        // The header that this proxy does not write passes through it from the client.
        let foreign = headers(&[("forwarded", "for=1.1.1.1;proto=https")]);
        let seen = proxies.origin(ip("10.1.2.3"), false, &foreign);
        assert_eq!(seen, Origin { address: ip("10.1.2.3"), secure: false });
    }

    #[test]
    fn the_standard_header_is_read_with_ports_quotes_and_obscured_names() {
        let proxies = ours(ProxyHeader::Forwarded);
        let from =
            |text: &str| proxies.origin(ip("10.1.2.3"), false, &headers(&[("forwarded", text)]));
        let quoted = from("for=1.1.1.1, For=\"[2001:db8:cafe::17]:4711\";Proto=https;by=10.1.2.3");
        assert_eq!(quoted, Origin { address: ip("2001:db8:cafe::17"), secure: true });
        assert_eq!(from("for=_hidden").address, ip("10.1.2.3"));
        assert_eq!(from("for=unknown").address, ip("10.1.2.3"));
        assert_eq!(from("for=203.0.113.7;proto=http, for=10.2.2.2").address, ip("203.0.113.7"));
    }

    #[test]
    fn a_log_keeps_the_network_and_not_the_address() {
        assert_eq!(prefix("203.0.113.77".parse().unwrap()), "203.0.113.0/24");
        assert_eq!(prefix("2001:db8:cafe:1::17".parse().unwrap()), "2001:db8:cafe::/48");
    }

    proptest! {
        /// Whatever a client puts into the header, the proxy's own entry decides.
        #[test]
        fn no_client_can_choose_its_address(junk in "[ -~]{0,80}") {
            let line = format!("{junk}, 203.0.113.7");
            let said = headers(&[("x-forwarded-for", &junk), ("x-forwarded-for", &line)]);
            let seen = ours(ProxyHeader::XForwardedFor).origin(ip("10.1.2.3"), false, &said);
            prop_assert_eq!(seen.address, ip("203.0.113.7"));
        }
    }
}
