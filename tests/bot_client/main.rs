//! The bot client on real sockets: TCP, TLS, proxies, large and odd frames.

#[cfg(test)]
mod server;

#[cfg(test)]
mod frames;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod tls;
