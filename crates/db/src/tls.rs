//! TLS to other hosts: verified against the certificate authorities of this machine, with ring.

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::sync::Arc;

/// How connections to other hosts are encrypted and verified.
///
/// # Errors
/// A sentence for the operator when this machine knows no certificate authority.
pub fn client_config() -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("this machine knows no certificate authority to verify other hosts with".to_owned());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
