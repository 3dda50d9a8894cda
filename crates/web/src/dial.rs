//! The one place that touches a network.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// What a [`Dial`] gives back, some time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// A connection's two directions.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Looks names up and opens connections. Judges nothing: what may be dialled is decided between the two calls.
pub trait Dial: Send + Sync {
    /// The addresses of `host`, which is a name and never a number, with `port`.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Answer<'a, Vec<SocketAddr>>;

    /// Opens a connection to `address`, which has been checked.
    fn dial(&self, address: SocketAddr) -> Answer<'_, Box<dyn Stream>>;
}

/// The machine's own resolver and TCP.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDial;

impl Dial for SystemDial {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Answer<'a, Vec<SocketAddr>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }

    fn dial(&self, address: SocketAddr) -> Answer<'_, Box<dyn Stream>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            // Requests are one small write each: waiting to fill a packet only delays them.
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}
