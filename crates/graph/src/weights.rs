//! The weights of a model: reading, replacing, and drawing them at random.

use std::collections::BTreeSet;

use ndarray::{ArrayBase, ArrayD, Data, Dimension};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::onnx::{TensorProto, tensor_proto::DataType};
use crate::{Error, Model, names, tensor};

impl Model {
    /// Returns all `float32` weights with their names, in the order of the file.
    pub fn weights(&self) -> Result<Vec<(String, ArrayD<f32>)>, Error> {
        let float = self.graph().initializer.iter().filter(|stored| stored.data_type() == DataType::Float as i32);
        float.map(|stored| Ok((stored.name().to_owned(), self.float_values(stored)?))).collect()
    }

    /// Returns one `float32` weight.
    pub fn weight(&self, name: &str) -> Result<ArrayD<f32>, Error> {
        let stored = self.graph().initializer.iter().find(|stored| stored.name() == name);
        self.float_values(stored.ok_or_else(|| self.unknown_weight(name))?)
    }

    /// Replaces the values of one `float32` weight.
    ///
    /// # Errors
    /// Returns an error for an unknown weight and for values of another shape.
    pub fn set_weight<S: Data<Elem = f32>, D: Dimension>(
        &mut self,
        name: &str,
        values: &ArrayBase<S, D>,
    ) -> Result<(), Error> {
        let Some(place) = self.graph().initializer.iter().position(|stored| stored.name() == name) else {
            return Err(self.unknown_weight(name));
        };
        let old = self.float_values(&self.graph().initializer[place])?;
        if old.shape() != values.shape() {
            let reason = format!("it has the shape {:?}, not {:?}", old.shape(), values.shape());
            return Err(Error::Tensor { model: self.label().to_owned(), tensor: name.to_owned(), reason });
        }
        self.graph_mut().initializer[place] = tensor::from_array(name, values);
        Ok(())
    }

    fn float_values(&self, stored: &TensorProto) -> Result<ArrayD<f32>, Error> {
        tensor::floats(stored).map_err(|reason| Error::Tensor {
            model: self.label().to_owned(),
            tensor: stored.name().to_owned(),
            reason,
        })
    }

    fn unknown_weight(&self, name: &str) -> Error {
        Error::UnknownTensor {
            model: self.label().to_owned(),
            tensor: name.to_owned(),
            nearest: names::nearest(name, self.graph().initializer.iter().map(TensorProto::name)),
        }
    }
}

/// Draws the weights of every convolution and dense layer, as for an untrained network. They are normally distributed with
/// variance `2 / fan_in` (He et al. 2015), and biases are zero. Other weights stay, such as those of normalization layers.
///
/// The draws follow the order of the nodes, so that one seed always gives one network.
pub fn redraw_weights(model: &mut Model, rng: &mut impl Rng) -> Result<(), Error> {
    for (weight, bias, fan_in) in layers(model) {
        let mut values = model.weight(&weight)?;
        let inputs: usize = match fan_in {
            FanIn::AllButFirst => values.shape().iter().skip(1).product(),
            FanIn::First => values.shape().first().copied().unwrap_or(1),
        };
        let deviation = (2.0 / inputs.max(1) as f32).sqrt();
        values.mapv_inplace(|_| {
            let normal: f32 = StandardNormal.sample(rng);
            normal * deviation
        });
        model.set_weight(&weight, &values)?;
        if let Some(bias) = bias {
            let zeros = ArrayD::zeros(model.weight(&bias)?.raw_dim());
            model.set_weight(&bias, &zeros)?;
        }
    }
    Ok(())
}

/// The axes of a weight that run over the inputs of a neuron.
enum FanIn {
    AllButFirst,
    First,
}

/// Returns the names of weight and bias of each layer to draw. Each weight is listed once.
fn layers(model: &Model) -> Vec<(String, Option<String>, FanIn)> {
    let weights: BTreeSet<&str> = model.graph().initializer.iter().map(TensorProto::name).collect();
    let stored = |name: Option<&String>| name.filter(|name| weights.contains(name.as_str())).cloned();
    let mut seen = BTreeSet::new();
    let mut found: Vec<(String, Option<String>, FanIn)> = Vec::new();
    for node in model.nodes() {
        let fan_in = match node.op_type() {
            "Conv" => FanIn::AllButFirst,
            "Gemm" if crate::node::int_attribute(node, "transB").unwrap_or(0) != 0 => FanIn::AllButFirst,
            "Gemm" | "MatMul" => FanIn::First,
            _ => continue,
        };
        let Some(weight) = stored(node.input.get(1)) else { continue };
        if seen.insert(weight.clone()) {
            found.push((weight, stored(node.input.get(2)), fan_in));
        }
    }
    found
}
