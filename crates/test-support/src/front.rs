//! What stands before a server that is deployed: it ends TLS, and says who asks.

use hyper::{Request, Response, body::Incoming, client, header::HOST, server, service::service_fn};
use hyper_util::rt::TokioIo;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// A proxy with a certificate that was made for it.
pub struct TlsFront {
    acceptor: TlsAcceptor,
    listener: TcpListener,
    /// Where it listens, on this machine.
    pub port: u16,
}

impl TlsFront {
    /// Makes a certificate for names, such as `*.example.test`, and takes a port.
    pub async fn bind(names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("the key of the certificate");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        Self { acceptor: TlsAcceptor::from(Arc::new(config)), listener, port }
    }

    /// Leads to `server`, or to what `others` has for a host, from now on.
    pub fn lead(self, server: SocketAddr, others: BTreeMap<String, SocketAddr>) {
        let others = Arc::new(others);
        tokio::spawn(async move {
            while let Ok((stream, peer)) = self.listener.accept().await {
                let (acceptor, others) = (self.acceptor.clone(), Arc::clone(&others));
                tokio::spawn(async move {
                    let stream = acceptor.accept(stream).await?;
                    let service = service_fn(move |request: Request<Incoming>| {
                        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
                        let name = host.split(':').next().unwrap_or_default();
                        let to = others.get(name).copied().unwrap_or(server);
                        pass(request, peer.ip(), to)
                    });
                    server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await?;
                    Ok::<_, Failed>(())
                });
            }
        });
    }
}

/// Hands a request on, with the address it came from.
async fn pass(mut request: Request<Incoming>, peer: IpAddr, to: SocketAddr) -> Result<Response<Incoming>, Failed> {
    request.headers_mut().insert("x-forwarded-for", peer.to_string().parse()?);
    let stream = TcpStream::connect(to).await?;
    let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?)
}
