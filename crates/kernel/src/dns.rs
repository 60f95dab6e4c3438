//! Whether a domain is the company's: its DNS must say so.

use crate::{Error, Result};
use hickory_resolver::{
    Resolver, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
    proto::rr::RData,
};
use std::{net::SocketAddr, time::Duration};

/// How long one name server may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Looks names up. Nothing is cached here: a record that was just written is to be seen.
#[derive(Clone)]
pub struct Dns(TokioResolver);

impl std::fmt::Debug for Dns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dns")
    }
}

impl Dns {
    /// Asks those servers, or the system's own if none are given.
    ///
    /// # Errors
    /// [`Error::Fault`] when the system names none.
    pub fn new(servers: &[SocketAddr]) -> Result<Self> {
        let config = if servers.is_empty() {
            hickory_resolver::system_conf::read_system_conf().map_err(|error| Error::Fault(format!("DNS: {error}")))?.0
        } else {
            let servers = servers.iter().map(|server| {
                let on = |mut connection: ConnectionConfig| {
                    connection.port = server.port();
                    connection
                };
                NameServerConfig::new(server.ip(), true, vec![on(ConnectionConfig::udp()), on(ConnectionConfig::tcp())])
            });
            ResolverConfig::from_parts(None, Vec::new(), servers.collect())
        };
        let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
        let options = builder.options_mut();
        (options.timeout, options.attempts, options.cache_size) = (TIMEOUT, 1, 0);
        Ok(Self(builder.build().map_err(|error| Error::Fault(format!("DNS: {error}")))?))
    }

    /// Whether a name leads to an address; an error text when nobody could say.
    pub async fn has_address(&self, name: &str) -> std::result::Result<bool, String> {
        match self.0.lookup_ip(format!("{name}.")).await {
            Ok(found) => Ok(found.iter().next().is_some()),
            Err(error) if error.is_no_records_found() => Ok(false),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The texts that stand under a name; none when there is no such name, an error text when nobody could say.
    pub async fn texts(&self, name: &str) -> std::result::Result<Vec<String>, String> {
        // The last point says that this is the whole name, so that no search list is tried.
        match self.0.txt_lookup(format!("{name}.")).await {
            Ok(found) => Ok(found
                .answers()
                .iter()
                .filter_map(|record| match &record.data {
                    RData::TXT(text) => Some(text.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect::<String>()),
                    _ => None,
                })
                .collect()),
            Err(error) if error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(error.to_string()),
        }
    }
}
