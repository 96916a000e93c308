//! Whether WeCom's door answers, without going in.

use super::dial::{Dial, Network};
use super::link::Link;
use super::{BotSettings, Cause};

/// Connects as a bot would, by the same proxy and certificates, up to the WebSocket's
/// handshake, and hangs up: nothing is subscribed, so no other connection of the bot
/// notices. Every step takes 10 s at most.
///
/// # Errors
/// [`Cause::Connect`] names the step that failed.
pub async fn reach(settings: &BotSettings) -> Result<(), Cause> {
    let mut network = Network::new(&settings.server, settings.proxy.clone());
    let transport = network.dial().await?;
    let link = Link::open(transport, settings.server.url.as_str()).await?;
    link.leave().await;
    Ok(())
}
