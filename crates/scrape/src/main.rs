//! The `scrape` binary.

fn main() -> std::process::ExitCode {
    scrape::run()
}
