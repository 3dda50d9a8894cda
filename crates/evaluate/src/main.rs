//! The `evaluate` binary.

fn main() -> std::process::ExitCode {
    evaluate::run()
}
