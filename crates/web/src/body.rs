//! Reading a body, within every limit, whatever its header announced.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use crate::budget::Purse;
use crate::failure::{Counted, Failure, Phase, Reason};
use crate::request::Request;
use crate::response::{Room, Rooms};
use crate::settings::Limits;

/// What reading a body is held to.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub limits: &'a Limits,
    pub purse: &'a Purse,
    pub rooms: &'a Rooms,
}

impl Reader<'_> {
    /// Reads `body` to its end; a large one with the room that it takes. `started` is when the connection was begun.
    pub async fn read(
        self,
        mut body: Incoming,
        headers: &HeaderMap,
        request: &Request,
        mut started: Instant,
    ) -> Result<(Vec<u8>, Option<Room>), Failure> {
        let mut sink = Sink::new(headers, request)?;
        let mut begun = Instant::now();
        let mut received = 0_u64;
        let mut room = None;
        loop {
            let (deadline, phase) = deadline(self.limits, started, begun, received);
            let now = Instant::now();
            // A server that always has a byte ready must not keep us past the deadline.
            if deadline <= now {
                return Err(Failure::Later(Reason::Timeout(phase)));
            }
            let frame = match timeout_at(deadline, body.frame()).await {
                Err(_) => return Err(Failure::Later(Reason::Timeout(phase))),
                Ok(None) => return Ok((sink.finish()?, room)),
                Ok(Some(Err(error))) => {
                    return Err(self.purse.check().err().unwrap_or_else(|| broken(&error)));
                }
                Ok(Some(Ok(frame))) => frame,
            };
            let Ok(data) = frame.into_data() else { continue };
            received += data.len() as u64;
            if !sink.take(&data)? {
                return Ok((sink.finish()?, room));
            }
            if room.is_none() && sink.len() > Rooms::FROM {
                let waits = Instant::now();
                room = self.rooms.enter().await;
                // The server is not to blame for the wait.
                started += waits.elapsed();
                begun += waits.elapsed();
            }
        }
    }
}

/// When the next piece has to be here, and what it means when it is not.
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

fn broken(error: &hyper::Error) -> Failure {
    if error.is_incomplete_message() {
        Failure::Later(Reason::Short)
    } else if error.is_parse() {
        Failure::Refused(Reason::Protocol)
    } else {
        // A connection that ends in the middle of a body comes as an end of file too.
        let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
        let short = source.is_some_and(|source| source.kind() == io::ErrorKind::UnexpectedEof);
        Failure::Later(if short { Reason::Short } else { Reason::Broken })
    }
}

/// Where a body goes: never more than allowed, as sent and as decompressed.
enum Sink {
    Plain(Capped),
    Gzip(Box<MultiGzDecoder<Capped>>, u64),
}

impl Sink {
    fn new(headers: &HeaderMap, request: &Request) -> Result<Self, Failure> {
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|bytes| bytes > request.max_bytes) && !request.robots {
            return Err(Failure::Refused(Reason::TooLarge(Counted::Announced)));
        }
        // What is announced may be a lie: memory is taken as bytes arrive.
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

    /// Takes a piece; gives whether more is wanted.
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

    /// Bytes in memory.
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

/// Memory that takes so much and no more.
struct Capped {
    bytes: Vec<u8>,
    max: u64,
    cut: bool,
    over: bool,
}

impl Write for Capped {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let room = usize::try_from(self.max).unwrap_or(usize::MAX).saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() <= room {
            return Ok(data.len());
        }
        self.over = true;
        Err(io::Error::other("more than allowed"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
