//! The network, layer by layer: what it holds and what it costs.

use anyhow::Result;
use report::chart::{BarChart, BarRow};
use report::page::{Block, Body, Figure, Group, Room, Section, Table};
use report::{Color, scale};

use super::{Material, columns, links};

const FILE: &str = "layers.csv";
/// Rows up to which the table stands open.
const OPEN: usize = 30;
/// Bars at most in a chart.
const BARS: usize = 24;

/// The section; none without the list of layers.
pub(super) fn section(of: &Material) -> Result<Option<Section>> {
    let Some(sheet) = of.beside.sheet(FILE)? else { return Ok(None) };
    let mut rows = Vec::new();
    let mut costs: Vec<(String, f64, f64)> = Vec::new();
    for row in sheet.rows() {
        let count = |column| -> Result<f64> { Ok(row.number(column)?.unwrap_or(0.0)) };
        let (parameters, operations) = (count("parameters")?, count("multiply_adds")?);
        let name = row.text("name")?;
        costs.push((name.to_owned(), parameters, operations));
        let written = |value: f64| if value > 0.0 { scale::grouped(value as u64) } else { "–".to_owned() };
        let output = row.text("output")?.replace('x', " × ");
        let cells =
            vec![name.to_owned(), row.text("operator")?.to_owned(), output, written(parameters), written(operations)];
        rows.push((cells, false));
    }
    let sum = |pick: fn(&(String, f64, f64)) -> f64| costs.iter().map(pick).sum::<f64>();
    let (parameters, operations) = (sum(|cost| cost.1), sum(|cost| cost.2));
    let lead = format!(
        "{} layers with {} parameters; one picture costs {} multiply-adds.",
        rows.len(),
        scale::grouped(parameters as u64),
        scale::grouped(operations as u64)
    );
    let total = ["all", "", "", &scale::grouped(parameters as u64), &scale::grouped(operations as u64)];
    rows.push((total.map(str::to_owned).to_vec(), true));
    let open = rows.len() <= OPEN;
    let table = Block::Table(Table {
        title: "Layers".into(),
        note: "Output: channels × height × width. Any name can be given to `analyze.layers` and `analyze.tsne.layer`."
            .into(),
        columns: columns(
            &["layer", "operator", "output", "parameters", "multiply-adds"],
            &["output", "parameters", "multiply-adds"],
        ),
        rows,
        links: links([FILE]),
    });
    let charts = vec![
        chart("Where the parameters are", "parameters", costs.iter().map(|(name, value, _)| (name, *value))),
        chart("Where the work is", "multiply-adds", costs.iter().map(|(name, _, value)| (name, *value))),
    ];
    let table = if open {
        table
    } else {
        Block::Folded(Group { title: "All layers".into(), blocks: vec![table], ..Group::default() })
    };
    Ok(Some(Section { id: "layers".into(), title: "Layers".into(), lead, blocks: vec![Block::Figures(charts), table] }))
}

/// Bars of the layers that have any of it, in millions; of many the greatest.
fn chart<'a>(title: &str, what: &str, values: impl Iterator<Item = (&'a String, f64)>) -> Figure {
    let mut values: Vec<(&String, f64)> = values.filter(|(_, value)| *value > 0.0).collect();
    let count = values.len();
    if count > BARS {
        let mut sizes: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
        sizes.sort_by(f64::total_cmp);
        let least = sizes[count - BARS];
        values.retain(|(_, value)| *value >= least);
        values.truncate(BARS);
    }
    let rows = values.iter().map(|(name, value)| BarRow {
        name: (*name).clone(),
        value: Some(value / 1e6),
        remark: format!("{} {what}", scale::grouped(*value as u64)),
    });
    let chart = BarChart {
        label: format!("{title}, by layer"),
        x: format!("million {what}"),
        rows: rows.collect(),
        color: Color::BLUE,
    };
    let note = if count > BARS { format!("The {BARS} layers with the most, of {count}.") } else { String::new() };
    Figure { title: title.into(), note, body: Body::Chart(chart.scene()), links: links([FILE]), room: Room::Normal }
}
