//! Calls to addresses that a person typed. They lead out of the installation and nowhere else (security.md, SSRF):
//! no private addresses, no redirects, no proxy, little time, few bytes.

use ipnet::IpNet;
use reqwest::{
    RequestBuilder, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

/// How long a service may take for its whole answer.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How long it may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes of an answer that are read.
const ANSWER_MAX: usize = 64 * 1024;

/// Addresses that are not for everybody: the special-purpose registries of IANA (RFC 6890), multicast, and what
/// translates to IPv4.
const SPECIAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "::/8",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/9",
    "ff00::/8",
];

/// Calls the services of AI providers.
#[derive(Clone)]
pub struct AiClient {
    /// Or why there can be none: nobody needs one who uses no AI.
    http: Result<reqwest::Client, String>,
    private_allowed: bool,
    /// The same for addresses that a company's own people typed: they lead outside in any case.
    outside: Option<Box<Self>>,
}

impl std::fmt::Debug for AiClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AiClient").field("private_allowed", &self.private_allowed).finish_non_exhaustive()
    }
}

/// Looks names up and leaves out what is not for everybody, so that the address that was checked is the one that is
/// connected to.
struct Outside {
    private_allowed: bool,
}

impl Resolve for Outside {
    fn resolve(&self, name: Name) -> Resolving {
        let private_allowed = self.private_allowed;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found: Vec<SocketAddr> = if private_allowed { found?.collect() } else { found.into_iter().flatten().collect() };
            let addresses: Vec<SocketAddr> = found.into_iter().filter(|address| private_allowed || is_outside(address.ip())).collect();
            // The same for a name that is unknown: nobody learns which names there are inside.
            if addresses.is_empty() {
                return Err("the name leads to no address outside".into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the internet at large.
fn is_outside(address: IpAddr) -> bool {
    let address = address.to_canonical();
    !SPECIAL.iter().filter_map(|net| net.parse::<IpNet>().ok()).any(|net| net.contains(&address))
}

impl AiClient {
    /// A client; `private_allowed` lets it reach this machine and private networks, with plain http too.
    #[must_use]
    pub fn new(private_allowed: bool) -> Self {
        let http = db::tls::client_config().and_then(|tls| {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls)
                .dns_resolver(std::sync::Arc::new(Outside { private_allowed }))
                .redirect(Policy::none())
                .no_proxy()
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(TIMEOUT)
                .pool_max_idle_per_host(0)
                .user_agent("Oneo")
                .build()
                .map_err(|error| error.to_string())
        });
        let outside = private_allowed.then(|| Box::new(Self::new(false)));
        Self { http, private_allowed, outside }
    }

    /// The client for a configuration, by whether a company's own people typed its address.
    pub fn of(&self, by_company: bool) -> &Self {
        if by_company { self.outside.as_deref().unwrap_or(self) } else { self }
    }

    /// Reads the address of a service as typed.
    ///
    /// # Errors
    /// A sentence for the person who typed it.
    pub fn base_parse(&self, text: &str) -> Result<Url, &'static str> {
        let url = Url::parse(text.trim()).map_err(|_| "Enter an address, such as https://ai.example/v1")?;
        let plain_allowed = self.private_allowed && url.scheme() == "http";
        if url.scheme() != "https" && !plain_allowed {
            return Err("The address must begin with https://");
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err("The address must not contain a username, a password, ? or #");
        }
        let outside = match url.host() {
            None => return Err("Enter an address, such as https://ai.example/v1"),
            Some(url::Host::Ipv4(ip)) => is_outside(IpAddr::V4(ip)),
            Some(url::Host::Ipv6(ip)) => is_outside(IpAddr::V6(ip)),
            // Looked up when it is called: what a name leads to changes.
            Some(url::Host::Domain(name)) => !(name == "localhost" || name.ends_with(".localhost") || name.ends_with(".internal")),
        };
        if outside || self.private_allowed { Ok(url) } else { Err("This address is not publicly reachable. Enter a public address") }
    }

    /// A request to `path` below a service's address.
    pub fn post(&self, base: &Url, path: &str) -> Result<RequestBuilder, String> {
        // Checked again: what is stored may be older than the rule.
        let base = self.base_parse(base.as_str())?;
        let address = format!("{}/{path}", base.as_str().trim_end_matches('/'));
        Ok(self.http.as_ref().map_err(Clone::clone)?.post(address))
    }

    /// Sends a request and reads its answer.
    pub async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), String> {
        let mut response = request.send().await.map_err(|error| message_of(&error))?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| message_of(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_MAX {
                return Err("The service's answer is too long".to_owned());
            }
        }
        Ok((response.status(), body))
    }
}

/// What went wrong, without the address, which the person has typed.
fn message_of(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "The service did not answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    format!("The service cannot be reached: {}", cause.to_string().chars().take(160).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_outside_are_called() {
        let client = AiClient::new(false);
        for good in ["https://api.openai.com/v1", "https://8.8.8.8/v1", "https://[2606:4700::1111]/"] {
            assert!(client.base_parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://api.openai.com/v1",
            "https://127.0.0.1/v1",
            "https://localhost:8080",
            "https://x.localhost",
            "https://metadata.google.internal/",
            "https://10.1.2.3",
            "https://172.31.0.1",
            "https://192.168.1.1",
            "https://169.254.169.254/latest",
            "https://100.100.0.1",
            "https://0.0.0.0",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://017700000001/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://user:pass@api.openai.com",
            "https://api.openai.com/?x=1",
            "ftp://api.openai.com",
            "file:///etc/passwd",
            "",
        ] {
            assert!(client.base_parse(bad).is_err(), "{bad}");
        }
        assert!(AiClient::new(true).base_parse("http://127.0.0.1:11434/v1").is_ok());
    }

    #[test]
    fn every_special_range_is_read() {
        assert!(SPECIAL.iter().all(|net| net.parse::<IpNet>().is_ok()));
    }

    #[tokio::test]
    async fn names_that_lead_inside_are_refused_when_looked_up() {
        let name = |text: &str| text.parse::<Name>().unwrap();
        let mut told = Vec::new();
        for refused in ["localhost", "no-such-name.invalid", "x.localhost"] {
            told.push(Outside { private_allowed: false }.resolve(name(refused)).await.err().unwrap().to_string());
        }
        assert!(told.iter().all(|text| text == "the name leads to no address outside"), "{told:?}");
        assert!(Outside { private_allowed: true }.resolve(name("localhost")).await.is_ok());
    }
}
