//! What the agent reads of messages to an agent app that have no words of their own.

/// "(Place) name, latitude …, longitude …"
pub fn location(label: &str, latitude: &str, longitude: &str) -> String {
    let place = format!("纬度 {latitude}，经度 {longitude}");
    match label.trim() {
        "" => format!("[位置] {place}"),
        label => format!("[位置] {label}（{place}）"),
    }
}

/// "(Link) title", then the description and the address on lines of their own.
pub fn link(title: &str, description: &str, url: &str) -> String {
    let lines = [
        format!("[链接] {title}"),
        description.to_owned(),
        url.to_owned(),
    ];
    let said = lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty());
    said.collect::<Vec<_>>().join("\n")
}

/// A type of message that nobody told us about: its name in brackets.
pub fn unknown(msgtype: &str) -> String {
    format!("[{msgtype}]")
}
