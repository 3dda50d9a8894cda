//! The `analyze` binary.

fn main() -> std::process::ExitCode {
    analyze::run()
}
