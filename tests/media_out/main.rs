//! What agents send, on real sockets: the bot client, the simulator, files and a web server.

#[cfg(test)]
mod house;
#[cfg(test)]
mod web;

#[cfg(test)]
mod allowed;
#[cfg(test)]
mod remote;
#[cfg(test)]
mod sending;
#[cfg(test)]
mod uploads;
