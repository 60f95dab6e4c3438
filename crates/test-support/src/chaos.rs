//! A wire between the app and a service that a test can cut and mend.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use tokio::{
    net::{UnixListener, UnixStream},
    task::JoinHandle,
};

type Connections = Arc<Mutex<Vec<JoinHandle<()>>>>;

/// Passes everything on between a Unix socket of its own and the service's.
pub struct ChaosProxy {
    /// The socket to connect to.
    pub socket: PathBuf,
    target: PathBuf,
    running: Option<(JoinHandle<()>, Connections)>,
}

impl ChaosProxy {
    /// A wire to the socket `target`, in a folder of its own.
    #[must_use]
    pub fn new(target: &Path) -> Self {
        let name = hex::encode(kernel::entropy::bytes::<6>(&kernel::OsEntropy));
        let folder = std::env::temp_dir().join(format!("oneo-wire-{name}"));
        std::fs::create_dir_all(&folder).expect("a folder");
        let socket = folder.join(target.file_name().expect("a socket has a name"));
        let mut proxy = Self { socket, target: target.to_owned(), running: None };
        proxy.mend();
        proxy
    }

    /// Cuts the wire: nothing connects, and what was connected is closed.
    pub fn cut(&mut self) {
        if let Some((listening, connections)) = self.running.take() {
            listening.abort();
            if let Ok(mut connections) = connections.lock() {
                connections.drain(..).for_each(|connection| connection.abort());
            }
        }
        let _gone = std::fs::remove_file(&self.socket);
    }

    /// Mends the wire.
    pub fn mend(&mut self) {
        self.cut();
        let listener = UnixListener::bind(&self.socket).expect("a socket");
        let connections = Connections::default();
        let (target, open) = (self.target.clone(), Arc::clone(&connections));
        let listening = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let target = target.clone();
                let connection = tokio::spawn(async move {
                    if let Ok(mut far) = UnixStream::connect(&target).await {
                        let _ended = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                    }
                });
                if let Ok(mut open) = open.lock() {
                    open.push(connection);
                }
            }
        });
        self.running = Some((listening, connections));
    }
}

impl Drop for ChaosProxy {
    fn drop(&mut self) {
        self.cut();
        if let Some(folder) = self.socket.parent() {
            let _gone = std::fs::remove_dir_all(folder);
        }
    }
}
