//! The layers of a network: names, operators, shapes, parameters and multiply-adds.

use std::path::Path;

use crate::view::Run;
use anyhow::Result;
use contract::stages;
use contract::{Artifact, LayerRow};
use graph::{Cost, cost};
use pipeline::cli::{Common, print};
use pipeline::{Align, Exit, HintExt, HintFrom, Table};
use report::scale;
use serde_json::{Value, json};
use zoo::{Network, ZooError};

use crate::tuned::Tuned;

/// Writes `layers.csv`, with a row for each operator between the input and the output, in the order of the graph.
pub(crate) fn write(run: &Run, tuned: &Tuned) -> Result<()> {
    let row = |layer: &Cost| LayerRow {
        name: layer.name.clone(),
        operator: layer.operator.clone(),
        output: shape(layer, "x"),
        parameters: layer.parameters,
        multiply_adds: layer.multiply_adds,
    };
    cost::of(&tuned.model).iter().map(row).collect::<Vec<_>>().write(run)
}

/// Runs `analyze layers`: prints the layers of the tuned network, or of the installed network `name`.
pub(crate) fn print_layers(common: &Common, name: Option<&str>) -> Result<Exit> {
    let config = common.load::<contract::Config>()?;
    let (network, path) = match name {
        Some(name) => Network::open(&config.data, name).hint_from(ZooError::advice)?,
        None => tuned(&config.artifacts.join(stages::TRAIN))?,
    };
    let layers = cost::of(&network.load(&path).hint_from(ZooError::advice)?);
    if common.json {
        print(&format!("{:#}\n", to_json(&network, &layers)))?;
    } else {
        print(&to_table(&network, &layers).for_stdout())?;
    }
    Ok(Exit::Done)
}

fn tuned(folder: &Path) -> Result<(Network, std::path::PathBuf)> {
    if !folder.join(zoo::TUNED_DESCRIPTION).is_file() {
        return Err(anyhow::anyhow!("there is no tuned network in {}", folder.display()))
            .hint("run `just train` first, or name an installed network with --network");
    }
    Network::open_folder(folder).hint_from(ZooError::advice)
}

/// Returns the total of the parameters and of the multiply-adds. The multiply-adds are `None` if those of a layer are unknown.
fn totals(layers: &[Cost]) -> (u64, Option<u64>) {
    (layers.iter().map(|layer| layer.parameters).sum(), layers.iter().map(|layer| layer.multiply_adds).sum())
}

fn shape(layer: &Cost, separator: &str) -> String {
    let sizes = layer.shape.iter().flatten().map(ToString::to_string);
    sizes.collect::<Vec<_>>().join(separator)
}

fn to_table(network: &Network, layers: &[Cost]) -> Table {
    let side = network.input.size;
    let columns = [
        ("layer", Align::Left),
        ("operator", Align::Left),
        ("output", Align::Left),
        ("parameters", Align::Right),
        ("multiply-adds", Align::Right),
    ];
    let mut table = Table::new(format!("{}: layers for one image of {side} x {side} pixels", network.name), &columns);
    let count = |count: Option<u64>| count.map_or_else(|| "?".to_owned(), grouped);
    for layer in layers {
        let (name, operator) = (layer.name.clone(), layer.operator.clone());
        let parameters = if layer.parameters == 0 { String::new() } else { grouped(layer.parameters) };
        let products = if layer.multiply_adds == Some(0) { String::new() } else { count(layer.multiply_adds) };
        table.row([name, operator, shape(layer, " x "), parameters, products]);
    }
    let (parameters, products) = totals(layers);
    table.row(["total".to_owned(), String::new(), String::new(), grouped(parameters), count(products)]);
    table
}

fn to_json(network: &Network, layers: &[Cost]) -> Value {
    let (parameters, multiply_adds) = totals(layers);
    let layers = layers.iter().map(|layer| {
        json!({ "name": layer.name, "operator": layer.operator, "output": layer.shape,
            "parameters": layer.parameters, "multiply_adds": layer.multiply_adds })
    });
    json!({ "network": network.name, "input": [3, network.input.size, network.input.size],
        "layers": layers.collect::<Vec<_>>(), "parameters": parameters, "multiply_adds": multiply_adds })
}

/// Writes `61100840` as `61,100,840`.
fn grouped(count: u64) -> String {
    scale::grouped_with(count, ',')
}
