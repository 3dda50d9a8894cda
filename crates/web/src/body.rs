//! Reading a body within every limit, whatever the header announced.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use http::{HeaderMap, header};
use tokio::time::{Instant, timeout_at};

use crate::body_permit::{BodyPermit, BodyPermits};
use crate::budget::BudgetCounter;
use crate::failure::{Counted, Failure, Phase, Reason};
use crate::request::Request;
use crate::settings::Limits;
use crate::transport::not_read;

/// The bytes that count for the framing of each piece of a body: a chunk size, or the header of an HTTP/2 frame.
const FRAMING: u64 = 8;

/// A reader of bodies with its limits.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub limits: &'a Limits,
    pub budget: &'a BudgetCounter,
    pub permits: &'a BodyPermits,
}

impl Reader<'_> {
    /// Reads the body of `response` to its end. A large body comes with its permit. `started` is the beginning of the connection.
    pub async fn read(
        self,
        mut response: reqwest::Response,
        headers: &HeaderMap,
        request: &Request,
        mut started: Instant,
    ) -> Result<(Vec<u8>, Option<BodyPermit>), Failure> {
        let mut sink = Sink::new(headers, request)?;
        let mut begun = Instant::now();
        let mut received = 0_u64;
        let mut permit = None;
        loop {
            let (deadline, phase) = deadline(self.limits, started, begun, received);
            let now = Instant::now();
            // A server that always has a byte ready would otherwise outlast the deadline.
            if deadline <= now {
                return Err(Failure::Later(Reason::Timeout(phase)));
            }
            let piece = match timeout_at(deadline, response.chunk()).await {
                Err(_) => return Err(Failure::Later(Reason::Timeout(phase))),
                Ok(Ok(None)) => return Ok((sink.finish()?, permit)),
                Ok(Err(error)) => return Err(not_read(&error)),
                Ok(Ok(Some(piece))) => piece,
            };
            received += piece.len() as u64;
            if !self.budget.take_bytes(piece.len() as u64 + FRAMING) {
                return Err(Failure::Exhausted(Reason::BudgetBytes));
            }
            if !sink.take(&piece)? {
                return Ok((sink.finish()?, permit));
            }
            if permit.is_none() && sink.len() > BodyPermits::FROM {
                let waits = Instant::now();
                permit = self.permits.enter().await;
                // The server did not cause this wait.
                started += waits.elapsed();
                begun += waits.elapsed();
            }
        }
    }
}

/// Returns the deadline of the next piece, and the limit that sets it.
fn deadline(limits: &Limits, started: Instant, begun: Instant, received: u64) -> (Instant, Phase) {
    let idle = (Instant::now() + limits.idle, Phase::Idle);
    let total = (started + limits.total, Phase::Total);
    let mut first = if idle.0 < total.0 { idle } else { total };
    if limits.bytes_per_second > 0 {
        let millis =
            u64::try_from(u128::from(received) * 1000 / u128::from(limits.bytes_per_second)).unwrap_or(u64::MAX);
        let slow = begun + limits.grace + std::time::Duration::from_millis(millis.min(24 * 3600 * 1000));
        if slow < first.0 {
            first = (slow, Phase::Rate);
        }
    }
    first
}

/// The receiver of a body. It never stores more than allowed, as sent and as decompressed.
enum Sink {
    Plain(Capped),
    /// The decoder, and the number of bytes that the server may still send.
    Gzip(Box<MultiGzDecoder<Capped>>, u64),
}

impl Sink {
    fn new(headers: &HeaderMap, request: &Request) -> Result<Self, Failure> {
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|bytes| bytes > request.max_bytes) && !request.robots {
            return Err(Failure::Refused(Reason::TooLarge(Counted::Announced)));
        }
        // The announced size may be wrong, so most of the memory is allocated as bytes arrive.
        let expected = announced.unwrap_or(0).min(request.max_bytes).min(1 << 20);
        let capped = Capped {
            bytes: Vec::with_capacity(expected as usize),
            max: request.max_bytes,
            cut: request.robots,
            over: false,
        };
        let encodings =
            headers.get_all(header::CONTENT_ENCODING).into_iter().map(|value| value.as_bytes().to_ascii_lowercase());
        let encodings: Vec<_> = encodings.filter(|name| name.trim_ascii() != b"identity" && !name.is_empty()).collect();
        match encodings.as_slice() {
            [] => Ok(Self::Plain(capped)),
            [one] if matches!(one.trim_ascii(), b"gzip" | b"x-gzip") => {
                Ok(Self::Gzip(Box::new(MultiGzDecoder::new(capped)), request.max_bytes))
            }
            _ => Err(Failure::Refused(Reason::Encoding)),
        }
    }

    /// Stores a piece. Returns whether more is wanted.
    fn take(&mut self, data: &[u8]) -> Result<bool, Failure> {
        let (written, capped, counted) = match self {
            Self::Plain(capped) => (capped.write_all(data), &*capped, Counted::Sent),
            Self::Gzip(decoder, left) => {
                let over = Failure::Refused(Reason::TooLarge(Counted::Sent));
                *left = left.checked_sub(data.len() as u64).ok_or(over)?;
                (decoder.write_all(data), decoder.get_ref(), Counted::Decompressed)
            }
        };
        match written {
            Ok(()) => Ok(true),
            Err(_) if capped.over && capped.cut => Ok(false),
            Err(_) if capped.over => Err(Failure::Refused(Reason::TooLarge(counted))),
            Err(_) => Err(Failure::Refused(Reason::Compressed)),
        }
    }

    /// Returns the number of stored bytes.
    fn len(&self) -> usize {
        match self {
            Self::Plain(capped) => capped.bytes.len(),
            Self::Gzip(decoder, _) => decoder.get_ref().bytes.len(),
        }
    }

    fn finish(self) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Plain(capped) => Ok(capped.bytes),
            Self::Gzip(mut decoder, _) if decoder.get_ref().over => Ok(std::mem::take(&mut decoder.get_mut().bytes)),
            Self::Gzip(decoder, _) => match decoder.finish() {
                Ok(capped) => Ok(capped.bytes),
                Err(_) => Err(Failure::Refused(Reason::Compressed)),
            },
        }
    }
}

/// Memory for at most `max` bytes.
struct Capped {
    bytes: Vec<u8>,
    max: u64,
    /// Whether a longer body is cut instead of refused.
    cut: bool,
    /// Whether the body was longer than `max`.
    over: bool,
}

impl Write for Capped {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let left = usize::try_from(self.max).unwrap_or(usize::MAX).saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&data[..data.len().min(left)]);
        if data.len() <= left {
            return Ok(data.len());
        }
        self.over = true;
        Err(io::Error::other("more than allowed"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
