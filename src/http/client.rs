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
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").into_iter().filter_map(|value| value.to_str().ok()).collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        // What stands further left was written by the hop that stands here, so the first hop that is not ours ends the walk.
        match hop_address(hop.trim()) {
            Some(address) if web.trusted_proxies.contains(&address) => {}
            Some(address) => return Some(address),
            None => return Some(peer),
        }
    }
    Some(peer)
}

/// A hop is an address, with a port from some proxies.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let address = hop.parse::<IpAddr>().or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
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
        .flat_map(cookie::Cookie::split_parse)
        .filter_map(Result::ok)
        .filter(move |cookie| cookie.name() == name)
        .filter_map(|cookie| cookie.value_raw())
}

/// Whether the client is a browser that shows a page.
pub(super) fn wants_html(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{prelude::*, test_runner::RngSeed};

    proptest! {
        #![proptest_config(proptest::test_runner::Config {
            failure_persistence: None,
            // `make fuzz` names a number of cases, and begins anywhere.
            rng_seed: if std::env::var_os("PROPTEST_CASES").is_some() { RngSeed::Random } else { RngSeed::Fixed(20_261_122) },
            ..Default::default()
        })]

        /// Whatever a client sends as cookies: none is found that is not there by that very name.
        #[test]
        fn fuzz_cookies_are_found_by_their_whole_name(line in "([a-zA-Z_-]{0,12}=?[ -~]{0,20};? ?){0,6}") {
            let Ok(value) = axum::http::HeaderValue::from_str(&line) else { return Ok(()) };
            let headers = HeaderMap::from_iter([(header::COOKIE, value)]);
            for found in cookies(&headers, "__Host-sid") {
                let pair = format!("__Host-sid={found}");
                prop_assert!(line.split(';').any(|part| part.trim() == pair), "{line}");
            }
        }
    }
    use axum::http::HeaderValue;

    /// security.md 4.
    #[test]
    fn only_trusted_proxies_are_believed() {
        let web = crate::config::Config::read(&|name: &str| match name {
            "SECRET_KEYS" => Some("0123456789abcdef0123456789abcdef".to_owned()),
            "ONEO_PUBLIC_URL" => Some("http://localhost:8000".to_owned()),
            "TRUSTED_PROXIES" => Some("10.0.0.2".to_owned()),
            _ => None,
        });
        let web = web.unwrap().web;
        let found = |peer: &str, forwarded: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", HeaderValue::from_str(forwarded).unwrap());
            let mut extensions = Extensions::new();
            extensions.insert(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
            client_ip(&web, &headers, &extensions).unwrap().to_string()
        };
        assert_eq!(found("9.9.9.9:1", "1.2.3.4"), "9.9.9.9");
        assert_eq!(found("10.0.0.2:1", "1.2.3.4, 5.6.7.8"), "5.6.7.8");
        assert_eq!(found("10.0.0.2:1", "1.2.3.4, 5.6.7.8:5123, 10.0.0.2"), "5.6.7.8");
        assert_eq!(found("10.0.0.2:1", "1.2.3.4, unknown"), "10.0.0.2");
        assert_eq!(found("[::ffff:10.0.0.2]:1", "::ffff:5.6.7.8"), "5.6.7.8");
    }
}
