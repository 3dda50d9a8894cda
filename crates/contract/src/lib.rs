//! What crosses a border between stages: the configuration, the stage order, and every table that one stage writes and
//! another stage reads.
//!
//! The crate describes data only. It does not know how anything is computed.
