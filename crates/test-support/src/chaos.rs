//! A wire between the app and a service that a test can cut and mend.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::watch,
    task::JoinHandle,
};

type Connections = Arc<Mutex<Vec<JoinHandle<()>>>>;

/// Passes everything on between a Unix socket of its own and the service's.
pub struct ChaosProxy {
    /// The socket to connect to.
    pub socket: PathBuf,
    target: PathBuf,
    running: Option<(JoinHandle<()>, Connections)>,
    /// Whether nothing passes, though everything stays connected.
    is_silent: watch::Sender<bool>,
}

impl ChaosProxy {
    /// A wire to the socket `target`, in a folder of its own.
    #[must_use]
    pub fn new(target: &Path) -> Self {
        let name = hex::encode(kernel::entropy::bytes::<6>(&kernel::OsEntropy));
        let folder = std::env::temp_dir().join(format!("oneo-wire-{name}"));
        std::fs::create_dir_all(&folder).expect("a folder");
        let socket = folder.join(target.file_name().expect("a socket has a name"));
        let mut proxy = Self { socket, target: target.to_owned(), running: None, is_silent: watch::Sender::new(false) };
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

    /// From now on nothing passes, though everything stays connected: a service that hangs.
    pub fn silence(&self) {
        self.is_silent.send_replace(true);
    }

    /// Mends the wire.
    pub fn mend(&mut self) {
        self.cut();
        self.is_silent.send_replace(false);
        let listener = UnixListener::bind(&self.socket).expect("a socket");
        let connections = Connections::default();
        let (target, open, is_silent) = (self.target.clone(), Arc::clone(&connections), self.is_silent.subscribe());
        let listening = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (target, mut is_silent) = (target.clone(), is_silent.clone());
                let connection = tokio::spawn(async move {
                    let Ok(mut far) = UnixStream::connect(&target).await else { return };
                    let silenced = async { is_silent.wait_for(|silent| *silent).await.is_ok() };
                    let is_silent = tokio::select! {
                        _ended = tokio::io::copy_bidirectional(&mut near, &mut far) => false,
                        is_silent = silenced => is_silent,
                    };
                    if is_silent {
                        // Both ends stay open until the wire is mended.
                        std::future::pending::<()>().await;
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
