//! How much anybody may ask of the server: requests a second, bytes, headers, patience. Whoever asks
//! for more is told so and for how long to wait, before anything is looked up or drawn.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::http::header::HeaderMap;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;

use super::fault::Fault;

/// Assets for each page: a page that says that it was too often still needs its style.
const ASSETS: NonZeroU32 = NonZeroU32::MIN.saturating_add(3);

/// Checks between two clearings of addresses that have long been quiet.
const CLEAR_EVERY: u32 = 4096;

/// The limits of a server. The defaults suit an office behind one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pages a second from one address (one /64 of IPv6), for long; assets are counted apart, four for
    /// each page. `None` limits nothing: for tests and behind something that limits already.
    pub requests_per_second: Option<NonZeroU32>,
    /// Pages at once before that.
    pub burst: NonZeroU32,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Bytes of the part of an address behind the question mark.
    pub query_bytes: usize,
    /// Header lines of a request; the server's own end is 96.
    pub headers: usize,
    /// Bytes of all of them.
    pub header_bytes: usize,
    /// Connections in all; each takes two of the process's open files.
    pub connections: usize,
    /// Connections of one address; trusted proxies have no such limit.
    pub connections_per_address: usize,
    /// How long a request's head may take to arrive.
    pub head: Duration,
    /// How long its body may take.
    pub body: Duration,
    /// How long a connection stays open with nothing asked.
    pub keep_alive: Duration,
    /// How long a client may take nothing of an answer.
    pub stall: Duration,
    /// How long requests in flight get when the server is told to stop.
    pub stop: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            requests_per_second: NonZeroU32::new(50),
            burst: NonZeroU32::MIN.saturating_add(499),
            body_bytes: 64 << 10,
            query_bytes: 4096,
            headers: 64,
            header_bytes: 16 << 10,
            connections: 400,
            connections_per_address: 100,
            head: seconds(5),
            body: seconds(10),
            keep_alive: seconds(15),
            stall: seconds(30),
            stop: seconds(10),
        }
    }
}

impl Limits {
    /// What of a request's head is too much.
    pub(super) fn check(&self, query: &str, headers: &HeaderMap) -> Result<(), Fault> {
        if query.len() > self.query_bytes {
            return Err(Fault::TooLong);
        }
        let bytes: usize = headers.iter().map(|(k, v)| k.as_str().len() + v.len() + 4).sum();
        if headers.len() > self.headers || bytes > self.header_bytes {
            return Err(Fault::TooManyHeaders);
        }
        Ok(())
    }
}

/// Counts requests by address, pages and assets apart.
pub(super) struct Throttle {
    limiters: Option<[DefaultKeyedRateLimiter<IpAddr>; 2]>,
    clock: DefaultClock,
    checks: AtomicU32,
}

impl Throttle {
    pub(super) fn new(limits: &Limits) -> Self {
        let limiter = |rate: NonZeroU32, times: NonZeroU32| {
            let burst = limits.burst.saturating_mul(times);
            RateLimiter::keyed(Quota::per_second(rate.saturating_mul(times)).allow_burst(burst))
        };
        let both = |rate| [limiter(rate, NonZeroU32::MIN), limiter(rate, ASSETS)];
        Self {
            limiters: limits.requests_per_second.map(both),
            clock: DefaultClock::default(),
            checks: AtomicU32::new(0),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// It is one too many: the seconds to wait.
    pub(super) fn count(&self, address: Option<IpAddr>, path: &str) -> Result<(), i64> {
        let Some(([pages, assets], address)) = self.limiters.as_ref().zip(address) else {
            return Ok(());
        };
        if self.checks.fetch_add(1, Ordering::Relaxed) % CLEAR_EVERY == 0 {
            pages.retain_recent();
            assets.retain_recent();
        }
        let limiter = if path.starts_with("/static/") { assets } else { pages };
        limiter.check_key(&neighbourhood(address)).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            i64::try_from(wait.as_secs()).unwrap_or(i64::MAX).saturating_add(1)
        })
    }
}

/// A household or an office has a whole /64 of IPv6 to choose addresses from.
pub(super) fn neighbourhood(address: IpAddr) -> IpAddr {
    let bits = if address.is_ipv4() { 32 } else { 64 };
    IpNet::new(address, bits).map_or(address, |network| network.network())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn slow() -> Throttle {
        let one = NonZeroU32::MIN;
        Throttle::new(&Limits {
            requests_per_second: Some(one),
            burst: one.saturating_add(2),
            ..Limits::default()
        })
    }

    #[test]
    fn one_address_is_stopped_and_the_others_are_not() {
        let throttle = slow();
        let noisy = Some("203.0.113.7".parse().unwrap());
        let answered = (0..50).take_while(|_| throttle.count(noisy, "/").is_ok()).count();
        assert!((3..6).contains(&answered), "{answered}");
        assert!(throttle.count(noisy, "/").is_err_and(|wait| wait >= 1));
        assert!(throttle.count(Some("203.0.113.8".parse().unwrap()), "/").is_ok());
        assert!(throttle.count(None, "/").is_ok());
    }

    #[test]
    fn assets_are_counted_apart_from_pages() {
        let throttle = slow();
        let address = Some("203.0.113.7".parse().unwrap());
        while throttle.count(address, "/").is_ok() {}
        let sent = (0..80).take_while(|_| throttle.count(address, "/static/x.css").is_ok()).count();
        // A machine that stops for a moment earns a few.
        assert!((12..20).contains(&sent), "{sent}");
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one() {
        let throttle = slow();
        for last in 1..=3 {
            let address = format!("2001:db8:1:2::{last}").parse().unwrap();
            assert!(throttle.count(Some(address), "/").is_ok());
        }
        let next = |text: &str| throttle.count(Some(text.parse().unwrap()), "/");
        assert!(next("2001:db8:1:2:ffff::9").is_err());
        assert!(next("2001:db8:1:3::1").is_ok());
    }

    #[test]
    fn long_queries_and_many_headers_are_too_much() {
        let limits = Limits { headers: 3, header_bytes: 100, ..Limits::default() };
        let mut headers = HeaderMap::new();
        let mut put = |value: &str| {
            let name = HeaderName::from_static("x-a");
            headers.append(name, HeaderValue::from_str(value).unwrap());
            limits.check("", &headers).is_ok()
        };
        assert!(put("1") && put("2") && put("3"));
        assert!(!put("4"));
        let mut headers = HeaderMap::new();
        let wide = HeaderValue::from_str(&"x".repeat(100)).unwrap();
        headers.append(HeaderName::from_static("x-a"), wide);
        assert!(limits.check("", &headers).is_err());
        assert!(limits.check(&"q".repeat(4097), &HeaderMap::new()).is_err());
        assert!(limits.check(&"q".repeat(4096), &HeaderMap::new()).is_ok());
    }
}
