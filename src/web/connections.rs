//! Connections: how many there are of one address, and an end for those that keep still. The HTTP
//! library times the head of the first request of a connection and nothing after it: a head sent
//! byte by byte behind a first request, or an answer that nobody takes, would hold a connection for
//! as long as the client likes.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::rt::net;

use super::limits::{Limits, neighbourhood};
use super::proxy::Proxies;

/// Time between two looks at all connections.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// All connections that are open.
pub(super) struct Connections {
    limits: Limits,
    proxies: Proxies,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    all: Vec<Weak<Connection>>,
    by_address: BTreeMap<IpAddr, usize>,
}

/// One connection. A second handle on its socket is kept: to close it from outside is the only way
/// to end it.
pub(super) struct Connection {
    socket: TcpStream,
    /// Where it is counted; nowhere for a trusted proxy.
    counted: Option<IpAddr>,
    home: Weak<Connections>,
    state: Mutex<State>,
}

struct State {
    /// Requests that pages are made for.
    making: usize,
    /// Answers that are on their way.
    sending: usize,
    /// The last time that a request or an answer got on.
    moved: Instant,
}

impl Connections {
    pub(super) fn new(limits: Limits, proxies: Proxies) -> Arc<Self> {
        Arc::new(Self { limits, proxies, open: Mutex::default() })
    }

    /// A connection that has been accepted, from the server's side of it. One too many of its address
    /// is closed at once.
    pub(super) fn accept(self: &Arc<Self>, io: &dyn std::any::Any) -> Option<Arc<Connection>> {
        let socket = match io.downcast_ref::<TlsStream<net::TcpStream>>() {
            Some(tls) => twin(tls.get_ref().0),
            None => twin(io.downcast_ref::<net::TcpStream>()?),
        };
        let socket = socket.ok()?;
        let peer = socket.peer_addr().ok().map(|peer| peer.ip().to_canonical());
        let counted = peer.filter(|peer| !self.proxies.trusts(*peer)).map(neighbourhood);
        let state = State { making: 0, sending: 0, moved: Instant::now() };
        let home = Arc::downgrade(self);
        let connection = Arc::new(Connection { socket, counted, home, state: Mutex::new(state) });
        let mut open = self.open();
        open.all.push(Arc::downgrade(&connection));
        if let Some(address) = counted {
            let count = open.by_address.entry(address).or_default();
            *count += 1;
            if *count > self.limits.connections_per_address {
                connection.close();
            }
        }
        Some(connection)
    }

    /// How many are open.
    pub(super) fn count(&self) -> usize {
        self.open().all.iter().filter(|one| one.strong_count() > 0).count()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes those that keep still.
    fn look(&self) {
        let all: Vec<Arc<Connection>> = {
            let mut open = self.open();
            open.all.retain(|one| one.strong_count() > 0);
            open.all.iter().filter_map(Weak::upgrade).collect()
        };
        for connection in all {
            if connection.is_stuck(&self.limits) {
                connection.close();
            }
        }
    }
}

/// Looks at the connections as long as the server lives.
pub(super) fn follow(connections: &Arc<Connections>) -> io::Result<()> {
    let connections = Arc::downgrade(connections);
    let look = move || {
        while let Some(connections) = connections.upgrade() {
            connections.look();
            drop(connections);
            std::thread::sleep(LOOK_EVERY);
        }
    };
    std::thread::Builder::new().name("connection-watch".to_owned()).spawn(look)?;
    Ok(())
}

fn twin(socket: &net::TcpStream) -> io::Result<TcpStream> {
    Ok(TcpStream::from(socket.as_fd().try_clone_to_owned()?))
}

impl Connection {
    /// A request has arrived whole as far as its head goes.
    pub(super) fn begin(&self) {
        self.change(|state| state.making += 1);
    }

    /// Its answer begins.
    pub(super) fn send(&self) {
        self.change(|state| {
            state.making = state.making.saturating_sub(1);
            state.sending += 1;
        });
    }

    /// A piece of an answer was taken.
    pub(super) fn moved(&self) {
        self.change(|_| {});
    }

    /// An answer ended, in whatever way.
    pub(super) fn end(&self) {
        self.change(|state| state.sending = state.sending.saturating_sub(1));
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.moved = Instant::now();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is being made, and nothing has moved for longer than a client may need.
    fn is_stuck(&self, limits: &Limits) -> bool {
        let state = self.state();
        let still = state.moved.elapsed();
        // After an answer its last pieces are still on their way, and the next head may come.
        let patience = if state.sending > 0 {
            limits.stall
        } else {
            limits.keep_alive + limits.head + limits.stall
        };
        state.making == 0 && still > patience
    }

    fn close(&self) {
        // Closed already by the other side, or by us: either way it is.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some((home, address)) = self.home.upgrade().zip(self.counted) else { return };
        let mut open = home.open();
        if let Some(count) = open.by_address.get_mut(&address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.by_address.remove(&address);
            }
        }
    }
}
