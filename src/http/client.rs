//! Who is at the other end.

use crate::config::WebConfig;
use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap, header},
};
use std::net::{IpAddr, SocketAddr};

/// The address of the client: the socket's, or, when that is a trusted proxy, the nearest hop that is not.
pub(super) fn client_ip(web: &WebConfig, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    if !web.trusted_proxies.contains(&peer) {
        return Some(peer);
    }
    let hops: Vec<IpAddr> = headers
        .get_all("x-forwarded-for")
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|hop| hop.trim().parse().ok())
        .collect();
    Some(hops.into_iter().rev().find(|hop| !web.trusted_proxies.contains(hop)).unwrap_or(peer))
}

/// The browser, cut to what a log line can hold.
pub(super) fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().filter(|c| !c.is_control()).take(200).collect())
}

/// The values of all cookies of that name.
pub(super) fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(move |pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Whether the client is a browser that shows a page.
pub(super) fn wants_html(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains("text/html"))
}
