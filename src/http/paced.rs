//! Connections on which the client has to read: one that does not would keep its place for ever.

use std::{
    io::{Error, ErrorKind, IoSlice, Result},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// How long a client may take to read [`STEP`] bytes of an answer that waits for it.
const STALL: Duration = Duration::from_secs(10);
/// The bytes read in that time, at least: some 800 a second.
const STEP: usize = 8 * 1024;

/// A stream whose writes fail once the other side reads too slowly.
pub(super) struct Paced<S> {
    stream: S,
    stall: Duration,
    /// Since something waits to be read; what was read since is in `read`.
    waiting: Option<Pin<Box<Sleep>>>,
    read: usize,
}

impl<S> Paced<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, stall: STALL, waiting: None, read: 0 }
    }

    /// Takes up how a write went.
    fn paced(&mut self, cx: &mut Context<'_>, written: Poll<Result<usize>>) -> Poll<Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                self.read += bytes;
                if self.read >= STEP {
                    self.rest();
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(self.stall)));
                ready!(waiting.as_mut().poll(cx));
                Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the client reads too slowly")))
            }
        }
    }

    fn rest(&mut self) {
        (self.waiting, self.read) = (None, 0);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.paced(cx, written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.paced(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        // Everything is on its way.
        self.rest();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    /// A stream that waits a hundredth of the time.
    fn paced<S>(stream: S) -> Paced<S> {
        Paced { stall: STALL / 100, ..Paced::new(stream) }
    }

    #[tokio::test]
    async fn a_client_that_reads_nothing_is_left() {
        let (near, _far) = duplex(1024);
        assert_eq!(paced(near).write_all(&[0; 4096]).await.unwrap_err().kind(), ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_client_that_reads_a_byte_now_and_then_is_left() {
        let (near, mut far) = duplex(16);
        let slow = tokio::spawn(async move {
            let mut byte = [0];
            while far.read_exact(&mut byte).await.is_ok() {
                sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(paced(near).write_all(&[0; 100_000]).await.is_err());
        slow.abort();
    }

    #[tokio::test]
    async fn a_slow_line_is_served_to_the_end() {
        let (near, mut far) = duplex(1024);
        let reader = tokio::spawn(async move {
            let (mut part, mut read) = (vec![0; 1024], 0);
            while read < 200_000 {
                read += far.read(&mut part).await.unwrap();
                sleep(Duration::from_millis(5)).await;
            }
        });
        paced(near).write_all(&[0; 200_000]).await.unwrap();
        reader.await.unwrap();
    }
}
