//! The `setup` binary.

fn main() -> std::process::ExitCode {
    setup::run()
}
