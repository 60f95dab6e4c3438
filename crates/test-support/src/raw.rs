//! The accept loop as it is served, and a client that sends bytes as they are.

use crate::TestApp;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The app behind its accept loop, on a port of its own. It ends with the test.
pub struct RawServer {
    address: SocketAddr,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct RawEnd {
    /// The bytes, as text.
    pub text: String,
    /// Whether the server ended the connection within the time given.
    pub closed: bool,
}

impl RawServer {
    /// Serves the app.
    pub async fn start(app: &TestApp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(oneo::http::serve::serve(listener, app.router.clone(), app.state.clone(), std::future::pending()));
        Self { address }
    }

    /// Sends bytes and reads until the server ends the connection or the time is over.
    pub async fn send(&self, bytes: &[u8], wait: Duration) -> RawEnd {
        let mut stream = TcpStream::connect(self.address).await.expect("the server listens");
        stream.write_all(bytes).await.expect("the bytes leave");
        let mut read = Vec::new();
        let closed = tokio::time::timeout(wait, async {
            let mut part = [0; 4096];
            loop {
                match stream.read(&mut part).await {
                    Ok(0) | Err(_) => break,
                    Ok(length) => read.extend(part.iter().take(length)),
                }
            }
        })
        .await
        .is_ok();
        RawEnd { text: String::from_utf8_lossy(&read).into_owned(), closed }
    }
}
