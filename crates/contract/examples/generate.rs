//! Writes the files that are generated from the configuration types: `just generate`.

use std::path::Path;

use contract::config::GENERATED;

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (file, text) in GENERATED {
        std::fs::write(root.join(file), text())?;
        println!("wrote {file}");
    }
    Ok(())
}
