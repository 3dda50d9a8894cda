//! The installed networks: their models match their descriptions. The tests need `just setup`.

use std::path::{Path, PathBuf};

use graph::Model;
use zoo::Network;

fn open(name: &str) -> (Network, PathBuf) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    Network::open(&data, name).unwrap_or_else(|error| panic!("{error}\nhint: run `just setup` first"))
}

#[test]
fn every_layer_is_a_tensor_of_the_model_with_the_described_shape() {
    for source in zoo::sources() {
        let (network, path) = open(source.network);
        let model = Model::read(&path).unwrap();
        let shapes = model.shapes();
        for layer in &network.layers {
            assert_eq!(shapes.per_item(&layer.name).as_ref(), Some(&layer.shape), "{}", layer.name);
            let producer = model.producer(&layer.name).unwrap();
            assert_eq!(producer.op_type(), layer.operator, "{}", layer.name);
        }
        assert_eq!(model.inputs(), ["input"]);
        assert_eq!(network.layers.len(), model.nodes().len());
    }
}

#[test]
fn the_networks_have_the_sizes_of_their_papers() {
    let parameters = |name| {
        let (_, path) = open(name);
        let model = Model::read(&path).unwrap();
        model.weights().unwrap().iter().map(|(_, values)| values.len()).sum::<usize>()
    };
    assert_eq!(parameters("alexnet"), 2_469_696);
    assert_eq!(parameters("squeezenet"), 1_235_496);
    // The network has 4,652,008 parameters. The 21,008 scales of its batch normalizations are part of the kernels here, and the two
    // bounds of `ReLU6` are stored.
    assert_eq!(parameters("efficientnet-lite0"), 4_652_008 - 21_008 + 2);
    let (alexnet, _) = open("alexnet");
    assert_eq!(alexnet.layer("pool5").unwrap().shape, [256, 6, 6]);
    let (squeezenet, _) = open("squeezenet");
    assert_eq!(squeezenet.classes[285], "Egyptian cat");
}
