//! The one gate to a tenant: which host was asked for. hyper lets much pass that RFC 9110 and RFC 9112 forbid.

use axum::http::{HeaderMap, Uri, header};
use domain::HostName;

/// The host of a request: exactly one `Host`, well formed, equal to the authority of an absolute target.
pub(super) fn host_of(uri: &Uri, headers: &HeaderMap) -> Option<HostName> {
    let mut given = headers.get_all(header::HOST).into_iter();
    let host = match (given.next(), given.next()) {
        (Some(value), None) => Some(HostName::parse_header(value.to_str().ok()?).ok()?),
        (None, None) => None,
        _ => return None,
    };
    match (host, uri.authority()) {
        (Some(host), None) => Some(host),
        (Some(host), Some(authority)) => (HostName::parse_header(authority.as_str()).ok()? == host).then_some(host),
        // HTTP/2 has the authority alone.
        (None, Some(authority)) => HostName::parse_header(authority.as_str()).ok(),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn found(uri: &str, hosts: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_str(host).unwrap());
        }
        host_of(&uri.parse().unwrap(), &headers).map(|host| host.as_str().to_owned())
    }

    /// security.md 1.
    #[test]
    fn exactly_one_host() {
        assert_eq!(found("/", &["ACME.localhost.:8000"]).as_deref(), Some("acme.localhost"));
        assert_eq!(found("http://acme.localhost/", &["acme.localhost"]).as_deref(), Some("acme.localhost"));
        assert_eq!(found("http://evil/", &["acme.localhost"]), None);
        assert_eq!(found("/", &["acme.localhost", "evil"]), None);
        assert_eq!(found("/", &[]), None);
        assert_eq!(found("/", &["acme:x@evil"]), None);
    }
}
