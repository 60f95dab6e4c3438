//! A wire to PostgreSQL or Redis that counts what an app says on it.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream, unix::OwnedWriteHalf},
};

/// What was counted on a wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// To PostgreSQL: statements run, prepared ones and those of batches; to Redis: commands.
    pub statements: usize,
    /// To PostgreSQL: statements prepared.
    pub prepares: usize,
}

/// A wire that counts.
pub struct WireTap {
    /// The socket to speak to.
    pub socket: PathBuf,
    _folder: tempfile::TempDir,
    counts: Arc<Mutex<Counts>>,
}

/// What is spoken on a wire.
#[derive(Clone, Copy, Debug)]
pub enum Protocol {
    /// PostgreSQL's, version 3.
    Postgres,
    /// Redis', RESP.
    Redis,
}

impl WireTap {
    /// A wire to `target`; the socket has the name of the one it leads to.
    #[must_use]
    pub fn new(target: &Path, protocol: Protocol) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join(target.file_name().expect("a name"));
        let listener = UnixListener::bind(&socket).expect("a socket");
        let counts: Arc<Mutex<Counts>> = Arc::default();
        let (target, counted) = (target.to_owned(), Arc::clone(&counts));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = UnixStream::connect(&target).await else { break };
                let counted = Arc::clone(&counted);
                tokio::spawn(async move {
                    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
                    let mut count = Counter { protocol, began: false, rest: Vec::new() };
                    let there = pass(from_near, to_far, move |bytes| count.feed(bytes, &mut counted.lock().expect("a count")));
                    tokio::join!(there, pass(from_far, to_near, |_| ()));
                });
            }
        });
        Self { socket, _folder: folder, counts }
    }

    /// What was counted since this was last asked.
    #[must_use]
    pub fn take(&self) -> Counts {
        std::mem::take(&mut *self.counts.lock().expect("a count"))
    }
}

async fn pass(mut from: tokio::net::unix::OwnedReadHalf, mut to: OwnedWriteHalf, mut look: impl FnMut(&[u8])) {
    let mut part = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut part).await {
        let bytes = part.get(..length).unwrap_or_default();
        look(bytes);
        if to.write_all(bytes).await.is_err() {
            break;
        }
    }
    let _closed = to.shutdown().await;
}

/// Cuts what comes into messages.
struct Counter {
    protocol: Protocol,
    /// Whether the first message of a connection, which has no type, has gone by.
    began: bool,
    rest: Vec<u8>,
}

impl Counter {
    fn feed(&mut self, bytes: &[u8], counts: &mut Counts) {
        match self.protocol {
            Protocol::Postgres => {
                self.rest.extend_from_slice(bytes);
                while let Some(length) = self.message(counts) {
                    self.rest.drain(..length);
                }
            }
            // A command is an array, and begins its line; texts in it are small and hold no such line.
            Protocol::Redis => {
                self.rest.extend_from_slice(bytes);
                let text = String::from_utf8_lossy(&self.rest).into_owned();
                let whole = text.rfind("\r\n").map_or(0, |at| at + 2);
                counts.statements += text.get(..whole).unwrap_or_default().split("\r\n").filter(|line| line.starts_with('*')).count();
                self.rest.drain(..whole);
            }
        }
    }

    /// Counts the first whole message. Gives its length.
    fn message(&mut self, counts: &mut Counts) -> Option<usize> {
        let header = if self.began { 1 } else { 0 };
        let length = u32::from_be_bytes(*self.rest.get(header..)?.first_chunk()?);
        let length = header + usize::try_from(length).ok()?;
        let message = self.rest.get(..length)?;
        if self.began {
            match message.first()? {
                // Run: a prepared statement, or a batch of plain ones.
                b'E' | b'Q' => counts.statements += 1,
                b'P' => counts.prepares += 1,
                _ => {}
            }
        }
        self.began = true;
        Some(length)
    }
}
