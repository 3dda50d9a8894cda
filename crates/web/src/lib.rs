//! HTTP for stages that fetch from the open web: safe and polite, and without any idea of what a picture or a class is.
//!
//! [`Web::get`] is the only way out. It fetches one address, and on the way it keeps every promise that a careful person
//! would want kept:
//!
//! * **Polite.** A User-Agent that says who asks, `robots.txt` (RFC 9309) and crawl delays, opt-outs such as
//!   `X-Robots-Tag: noai` ([`OptOut`]), a limit of requests at once and a second for each host, back-off with full jitter,
//!   `Retry-After`, and a budget of requests and bytes for the whole run.
//! * **Safe.** Http and https alone. The address that is dialled is the very one that was checked
//!   ([`AddressClass`]), on every hop and for every new connection, so neither a redirect nor a second answer of the name
//!   server leads into a private network. Sizes are counted while they stream. Nothing is read from the environment (no
//!   proxy), no cookie is kept, credentials never leave the host they were meant for and never show in a text.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use web::{Failure, Request, Settings, SystemDial, Web};
//!
//! let settings = Settings::new("tunescope/0.1 (ann@example.org)");
//! let web = Web::new(&settings, Arc::new(SystemDial))?;
//! let request = Request::picture(web::parse_url("https://upload.example.org/cat.jpg")?)
//!     .accept(["image/jpeg", "image/png"])
//!     .max_bytes(20 << 20);
//! match web.get(&request).await {
//!     Ok(response) => println!("{} bytes from {}", response.body.len(), response.final_url),
//!     Err(Failure::Refused(reason)) => println!("never: {reason}"),
//!     Err(Failure::Later(reason)) => println!("perhaps another time: {reason}"),
//!     Err(Failure::Exhausted(reason)) => println!("enough for this run: {reason}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Two kinds of requests
//! [`Request::api`] is for an interface that its operator documents for programs and that the user named: `robots.txt` and
//! opt-outs, which speak to crawlers, do not apply, gzip is accepted, and an answer such as 400 or 403 comes back as a
//! [`Response`], because its body says what is wrong. [`Request::picture`] is for everything whose address came from somebody
//! else: all the rules apply, and anything but 200 is a [`Failure`].
//!
//! # Whose addresses are checked
//! Every host's but those of [`Settings::allowed_hosts`], which the user's own configuration names (a server on the
//! same desk; tests). Another host cannot borrow the exemption: a redirect from a host that is not listed to one that is gets
//! checked like any other. When a name resolves to several addresses and **any** of them is forbidden, the name is refused: no
//! honest public server needs that mixture, and it is how rebinding by several answers works.
//!
//! # The seam
//! [`Dial`] is all that touches a network. [`Recorder`] is one for tests: it writes down what it was asked for and
//! leads every connection to the test's own loopback port.
//!
//! # Parsers of outside text
//! [`parse_url`], [`robots::Robots::parse`], [`retry_after`], [`opt_out::opt_out`] and [`opt_out::header`] take any bytes, never panic, and are
//! public so that property tests and fuzzers reach them.

mod address;
mod body;
mod budget;
mod connect;
mod dial;
mod exchange;
mod failure;

mod host;
mod metered;
pub mod opt_out;
mod origin;
mod pool;
mod recorder;
mod redirect;
mod request;
mod response;
mod retry;
pub mod robots;
mod secret;
mod settings;
mod web;

pub use address::{AddressClass, classify};
pub use budget::Spent;
pub use dial::{Answer, Dial, Stream, SystemDial};
pub use failure::{Counted, Failure, Phase, Reason};
pub use http::{HeaderMap, HeaderName, HeaderValue};
pub use opt_out::OptOut;
pub use origin::parse_url;
pub use recorder::Recorder;
pub use request::{Kind, Request};
pub use response::{Response, Room};
pub use retry::retry_after;
pub use secret::Secret;
pub use settings::{Backoff, Budget, Limits, PerHost, Settings, SettingsError};
pub use url::Url;
pub use web::Web;
