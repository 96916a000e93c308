//! Cards as agents write them, sent to the simulator and clicked there. The simulator has
//! its own rules for cards and knows nothing of those that prepare them.

#[cfg(test)]
mod clicked;
#[cfg(test)]
mod sent;
#[cfg(test)]
mod stage;
