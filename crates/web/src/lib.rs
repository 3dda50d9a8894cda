//! An HTTP client for stages that fetch from the open web. It is safe and polite, and it knows nothing about images or classes.
//!
//! [`Web::get`] sends every request. It applies these rules:
//!
//! * **Politeness.** The User-Agent states a contact. `robots.txt` (RFC 9309), crawl delays and opt-outs such as `X-Robots-Tag: noai`
//!   ([`OptOut`]) are obeyed. Each host has limits for requests at a time and per second. Retries wait with full jitter and obey
//!   `Retry-After`. The whole run has a budget of requests and bytes.
//! * **Safety.** Only http and https are allowed. Every address is vetted ([`AddressClass`]) before a connection to it is opened, on every
//!   redirect and for every new connection. Neither a redirect nor a changed answer of a name server leads into a private network.
//!   Sizes are counted while bodies arrive. No cookie is kept. A credential goes only to its host, and no text shows it.
//!
//! `reqwest` sends the requests (HTTP/1.1, and HTTP/2 where a server offers it). It follows no redirect, retries nothing, decompresses
//! nothing, and takes addresses only from this crate.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use web::{Failure, Request, WebSettings, SystemNetwork, Web};
//!
//! let settings = WebSettings::new("tunescope/0.1 (ann@example.org)");
//! let web = Web::new(&settings, Arc::new(SystemNetwork))?;
//! let request = Request::image(web::parse_url("https://upload.example.org/cat.jpg")?)
//!     .accept(["image/jpeg", "image/png"])
//!     .max_bytes(20 << 20);
//! match web.get(&request).await {
//!     Ok(response) => println!("{} bytes from {}", response.body.len(), response.final_url),
//!     Err(Failure::Refused(reason)) => println!("never: {reason}"),
//!     Err(Failure::Later(reason)) => println!("perhaps in a later run: {reason}"),
//!     Err(Failure::Exhausted(reason)) => println!("the budget of this run: {reason}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Two kinds of requests
//! [`Request::api`] is for an interface that its operator documents for programs and that the user named. `robots.txt` and opt-outs
//! address crawlers and do not apply. gzip is accepted. An answer such as 400 or 403 is a [`Response`], because its body explains the
//! error. [`Request::image`] is for every URL that came from somebody else. All rules apply, and every status but 200 is a [`Failure`].
//!
//! # Vetted addresses
//! The addresses of every host are vetted, except for the hosts in [`WebSettings::allowed_hosts`], which the user's configuration names.
//! Another host cannot borrow the exemption: a redirect from an unlisted host to a listed one is vetted like any other, and it does
//! not reuse a connection of the exempt host. When **any** address of a name is forbidden, the name is refused. No honest public server
//! needs such a mixture, and attacks by DNS rebinding use it.
//!
//! # Proxies
//! With a [`Proxy`], the proxy resolves names, and nobody here can vet their addresses. Address literals still have to be public, and
//! local names such as `localhost` and `printer.local` are refused. The operator of the proxy has to keep private networks out of its
//! reach. Requests to exempt hosts do not go through the proxy.
//!
//! # Tests
//! A [`Network`] supplies all addresses. [`Recorder`] is a network for tests: it records the addresses that connections are opened for, and
//! leads every connection to one loopback port.
//!
//! # Parsers of outside text
//! [`parse_url`], [`robots::Robots::parse`], [`retry_after`], [`opt_out::opt_out`] and [`opt_out::header`] accept any bytes and never
//! panic. They are public for property tests and fuzzers.

mod address;
mod body;
mod body_permit;
mod budget;
mod clients;
mod failure;
mod hop;
mod host;
mod network;
pub mod opt_out;
mod origin;
mod proxy;
mod recorder;
mod redirect;
mod request;
mod response;
mod retry;
pub mod robots;
mod secret;
mod settings;
mod transport;
mod vetting;
mod web;
mod wire;

pub use address::{AddressClass, classify};
pub use body_permit::BodyPermit;
pub use budget::Spent;
pub use failure::{Counted, Failure, Phase, Reason};
pub use http::{HeaderMap, HeaderName, HeaderValue};
pub use network::{Addresses, Network, SystemNetwork};
pub use opt_out::OptOut;
pub use origin::parse_url;
pub use recorder::Recorder;
pub use request::{Request, RequestKind};
pub use response::Response;
pub use retry::retry_after;
pub use secret::Secret;
pub use settings::{Backoff, Budget, Limits, PerHost, Proxy, WebSettings, WebSettingsError};
pub use url::Url;
pub use web::Web;
