//! The binary of the stage `scrape`.

fn main() -> std::process::ExitCode {
    scrape::run()
}
