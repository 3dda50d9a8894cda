//! The `preprocess` binary.

fn main() -> std::process::ExitCode {
    preprocess::run()
}
