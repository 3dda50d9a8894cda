//! Prints what is installed or would be installed, as text or as JSON.

use std::path::Path;

use anyhow::Result;
use pipeline::cli::{Common, print};
use pipeline::{Align, Exit, Table};
use serde_json::json;

use crate::install::Session;
use crate::part::Part;
use crate::reason::Reason;

const NAME: &str = "setup";

/// Prints what a run would install, in the format of the other stages.
pub fn print_plan(reasons: &[(String, Reason)], common: &Common) -> Result<Exit> {
    let reasons: Vec<String> = reasons.iter().map(|(part, reason)| format!("{part}: {reason}")).collect();
    if common.json {
        let text = json!({ "stage": NAME, "would_run": !reasons.is_empty(), "reasons": reasons });
        print(&format!("{text:#}\n"))?;
    } else if reasons.is_empty() {
        print(&format!("{NAME:<12}up to date\n"))?;
    } else {
        print(&format!("{NAME:<12}would run\n"))?;
        for reason in reasons {
            print(&format!("{:<12}  {reason}\n", ""))?;
        }
    }
    Ok(Exit::Done)
}

/// Prints what is installed at the end of a run, in the format of the other stages.
pub fn print_installed(
    session: &Session,
    parts: &[Part],
    library: Option<&Path>,
    ran: usize,
    common: &Common,
) -> Result<Exit> {
    let data = session.data.display();
    let headline = format!("{} parts installed in {data}", parts.len());
    let how = if ran == 0 { "up to date".to_owned() } else { format!("({ran} new)") };
    session.say(&format!("{headline}  {how}"));
    let mut table = Table::new(
        format!("Installed in {data}"),
        &[("part", Align::Left), ("from", Align::Left), ("file", Align::Left), ("bytes", Align::Right)],
    );
    if let Some(library) = library {
        let from = format!("{} (set by you)", runtime::LIBRARY_VARIABLE);
        let name = format!("ONNX Runtime {} with training", runtime::version());
        table.row([name, from, library.display().to_string(), bytes(library)]);
    }
    for part in parts {
        for file in &part.files {
            table.row([part.name.clone(), part.package.label(), file.clone(), bytes(&session.data.join(file))]);
        }
    }
    if common.json {
        let status = if ran == 0 { "up to date" } else { "done" };
        let text = json!({ "stage": NAME, "status": status, "exit": Exit::Done.code(), "rejected": 0,
            "unmet": [], "tables": [table] });
        print(&format!("{text:#}\n"))?;
    } else if ran > 0 && !common.quiet {
        print(&format!("{}\n", table.for_stdout()))?;
    }
    Ok(Exit::Done)
}

fn bytes(file: &Path) -> String {
    fs_err::metadata(file).map_or_else(|_| String::new(), |of| of.len().to_string())
}
