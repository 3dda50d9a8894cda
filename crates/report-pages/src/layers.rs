//! Section "Layers": the parameters and the cost of each layer.

use contract::LayerRow;
use report::chart::{BarChart, BarRow};
use report::page::{Block, Body, Figure, FigureWidth, Group, Section, Table};
use report::{Color, scale};

use crate::inputs::ReportInputs;
use crate::text::{columns, link_to};

/// Maximum number of rows of a table that is open. A longer table is folded.
const OPEN: usize = 30;
/// Maximum number of bars of a chart.
const BARS: usize = 24;

/// Returns the section.
pub(crate) fn section(inputs: &ReportInputs) -> Section {
    let layers = &inputs.layers;
    let operations = |layer: &LayerRow| layer.multiply_adds.unwrap_or(0);
    let parameters: u64 = layers.iter().map(|layer| layer.parameters).sum();
    let all_operations: u64 = layers.iter().map(operations).sum();
    let written = |value: u64| if value > 0 { scale::grouped(value) } else { "–".to_owned() };
    let row = |layer: &LayerRow| {
        let output = layer.output.replace('x', " × ");
        let (parameters, operations) = (written(layer.parameters), written(operations(layer)));
        (vec![layer.name.clone(), layer.operator.clone(), output, parameters, operations], false)
    };
    let mut rows: Vec<(Vec<String>, bool)> = layers.iter().map(row).collect();
    let total = ["all", "", "", &scale::grouped(parameters), &scale::grouped(all_operations)];
    rows.push((total.map(str::to_owned).to_vec(), true));
    let open = rows.len() <= OPEN;
    let table = Block::Table(Table {
        title: "Layers".into(),
        note: "Output: channels × height × width. The configuration keys analyze.layers and analyze.tsne.layer take these names."
            .into(),
        columns: columns(
            &["layer", "operator", "output", "parameters", "multiply-adds"],
            &["output", "parameters", "multiply-adds"],
        ),
        rows,
        links: vec![link_to::<Vec<LayerRow>>()],
    });
    let charts = vec![
        chart("Parameters by layer", "parameters", layers, |layer| layer.parameters),
        chart("Multiply-adds by layer", "multiply-adds", layers, operations),
    ];
    let table = if open {
        table
    } else {
        Block::Folded(Group { title: "All layers".into(), blocks: vec![table], ..Group::default() })
    };
    Section {
        id: "layers".into(),
        title: "Layers".into(),
        lead: format!(
            "{} layers with {} parameters. One image costs {} multiply-adds.",
            layers.len(),
            scale::grouped(parameters),
            scale::grouped(all_operations)
        ),
        blocks: vec![Block::Figures(charts), table],
    }
}

/// Returns a chart with a bar for each layer whose value is not 0, in millions. Of many layers it shows the largest values.
fn chart(title: &str, what: &str, layers: &[LayerRow], of: fn(&LayerRow) -> u64) -> Figure {
    let mut values: Vec<(&str, u64)> = layers.iter().map(|layer| (layer.name.as_str(), of(layer))).collect();
    values.retain(|(_, value)| *value > 0);
    let count = values.len();
    if count > BARS {
        let mut places: Vec<usize> = (0..count).collect();
        places.sort_by_key(|place| std::cmp::Reverse(values[*place].1));
        places.truncate(BARS);
        places.sort_unstable();
        values = places.into_iter().map(|place| values[place]).collect();
    }
    let rows = values.iter().map(|(name, value)| BarRow {
        name: (*name).to_owned(),
        value: Some(*value as f64 / 1e6),
        remark: format!("{} {what}", scale::grouped(*value)),
    });
    let chart =
        BarChart { label: title.to_owned(), x: format!("million {what}"), rows: rows.collect(), color: Color::BLUE };
    let note = if count > BARS { format!("The {BARS} layers with the most, of {count}.") } else { String::new() };
    Figure {
        title: title.into(),
        note,
        body: Body::Chart(chart.scene()),
        links: vec![link_to::<Vec<LayerRow>>()],
        width: FigureWidth::Normal,
    }
}
