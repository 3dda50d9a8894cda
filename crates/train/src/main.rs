//! The `train` binary.

fn main() -> std::process::ExitCode {
    train::run()
}
