//! Compares gradients and training with PyTorch, for the same networks, weights and images. `reference/` has the reference values
//! and the scripts that wrote them. `own_convolution` compares our own convolutions with those of ONNX Runtime.

mod curve;
mod gradient;
mod networks;
mod own_convolution;
mod values;
