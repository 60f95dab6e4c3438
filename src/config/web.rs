//! Hosts, addresses and proxies.

use super::Lookup;
use domain::HostName;
use std::net::{IpAddr, SocketAddr};
use url::Url;

/// Days an archived company is kept unless told otherwise.
const ARCHIVE_GRACE_DAYS: u32 = 30;
/// What providers of AI bill in.
const CURRENCY: &str = "USD";

/// Where the server listens and which hosts are its own.
#[derive(Clone, Debug)]
pub struct WebConfig {
    /// Scheme, host and port of the platform.
    pub public_url: Url,
    /// The host below which companies get their subdomains: that of [`public_url`](Self::public_url).
    pub base_domain: HostName,
    /// The platform's hosts.
    pub allowed_hosts: Vec<HostName>,
    /// Origins that may read answers from scripts; none by default.
    pub cors_allowed_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Whether companies may sign up by themselves.
    pub signup_open: bool,
    /// Days an archived company is kept before it may be purged.
    pub archive_grace_days: u32,
    /// The currency of what AI costs (ISO 4217).
    pub currency: String,
    /// Whether AI services may be on this machine or in private networks.
    pub ai_private_addresses: bool,
    /// Name servers that are asked whether a domain is a company's; none means the system's.
    pub dns_resolvers: Vec<SocketAddr>,
}

impl WebConfig {
    pub(super) fn read(get: Lookup<'_>, errors: &mut Vec<String>) -> Option<Self> {
        let mut fail = |message: String| {
            errors.push(message);
        };
        let public_url = match get("ONEO_PUBLIC_URL").map(|text| Url::parse(&text)) {
            Some(Ok(url)) if url.host_str().is_some() && matches!(url.path(), "/" | "") => Some(url),
            Some(_) => {
                fail("ONEO_PUBLIC_URL is not scheme, host and port, such as https://oneo.example".to_owned());
                None
            }
            None => {
                fail("ONEO_PUBLIC_URL is missing, such as https://oneo.example".to_owned());
                None
            }
        };
        let base_domain = public_url.as_ref().and_then(|url| HostName::parse(url.host_str()?).ok());
        let local = base_domain.as_ref().is_some_and(is_localhost);
        if let Some(url) = &public_url
            && !(url.scheme() == "https" || (url.scheme() == "http" && local))
        {
            fail("ONEO_PUBLIC_URL must be https; plain http is for localhost only".to_owned());
        }
        let hosts = get("ALLOWED_HOSTS").unwrap_or_else(|| if local { "localhost,127.0.0.1".to_owned() } else { String::new() });
        let mut allowed_hosts = Vec::new();
        for name in list(&hosts) {
            match HostName::parse(name) {
                Ok(host) => allowed_hosts.push(host),
                Err(_) => fail(format!("ALLOWED_HOSTS: {name} is not a host")),
            }
        }
        if let Some(base) = &base_domain
            && !allowed_hosts.contains(base)
        {
            allowed_hosts.push(base.clone());
        }
        let cors = get("CORS_ALLOWED_ORIGINS").unwrap_or_default();
        let mut cors_allowed_origins = Vec::new();
        for origin in list(&cors) {
            match Url::parse(origin) {
                Ok(url) if url.origin().is_tuple() && url.origin().ascii_serialization() == origin => {
                    cors_allowed_origins.push(origin.to_owned())
                }
                _ => fail(format!("CORS_ALLOWED_ORIGINS: {origin} is not an exact origin, such as https://app.example")),
            }
        }
        let proxies = get("TRUSTED_PROXIES").unwrap_or_default();
        let mut trusted_proxies = Vec::new();
        for proxy in list(&proxies) {
            match proxy.parse::<IpAddr>() {
                Ok(address) => trusted_proxies.push(address.to_canonical()),
                Err(_) => fail(format!("TRUSTED_PROXIES: {proxy} is not an address")),
            }
        }
        let listen = get("LISTEN").unwrap_or_else(|| "127.0.0.1:8000".to_owned()).parse();
        if listen.is_err() {
            fail("LISTEN is not an address and port, such as 0.0.0.0:8000".to_owned());
        }
        let signup_open = match get("SIGNUP").as_deref() {
            None | Some("closed") => false,
            Some("open") => true,
            Some(_) => {
                fail("SIGNUP is open or closed".to_owned());
                false
            }
        };
        let archive_grace_days = match get("ARCHIVE_GRACE_DAYS").map_or(Ok(ARCHIVE_GRACE_DAYS), |text| text.trim().parse()) {
            Ok(days @ 0..=3650) => days,
            _ => {
                fail("ARCHIVE_GRACE_DAYS is a number of days from 0 to 3650".to_owned());
                0
            }
        };
        let currency = get("CURRENCY").unwrap_or_else(|| CURRENCY.to_owned());
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            fail("CURRENCY is a code of ISO 4217, such as EUR".to_owned());
        }
        let ai_private_addresses = match get("AI_PRIVATE_ADDRESSES").as_deref() {
            None | Some("refused") => false,
            Some("allowed") => true,
            Some(_) => {
                fail("AI_PRIVATE_ADDRESSES is refused or allowed".to_owned());
                false
            }
        };
        let mut dns_resolvers = Vec::new();
        for server in list(&get("DNS_RESOLVERS").unwrap_or_default()) {
            match server.parse::<SocketAddr>().or_else(|_| server.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53))) {
                Ok(address) => dns_resolvers.push(address),
                Err(_) => fail(format!("DNS_RESOLVERS: {server} is not an address, such as 9.9.9.9 or 127.0.0.1:5353")),
            }
        }
        Some(Self {
            public_url: public_url?,
            base_domain: base_domain?,
            allowed_hosts,
            cors_allowed_origins,
            trusted_proxies,
            listen: listen.ok()?,
            signup_open,
            archive_grace_days,
            currency,
            ai_private_addresses,
            dns_resolvers,
        })
    }

    /// Whether this serves on this machine alone.
    #[must_use]
    pub fn is_local(&self) -> bool {
        is_localhost(&self.base_domain)
    }
}

fn is_localhost(host: &HostName) -> bool {
    host.as_str() == "localhost" || host.as_str().ends_with(".localhost")
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}
