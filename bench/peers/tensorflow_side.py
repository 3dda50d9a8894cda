"""The training benchmark in TensorFlow: one compiled step (`tf.function`), oneDNN, images as [n, height, width, channels].

`--variant` is `plain`, `inter-op` (operators run in parallel) or `xla` (XLA compiles the step).
"""

import os

import work

args = work.arguments()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
os.environ["OMP_NUM_THREADS"] = str(args.threads)

import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(args.threads)
tf.config.threading.set_inter_op_parallelism_threads(args.threads if args.variant == "inter-op" else 1)
tf.random.set_seed(1)
loaded_kib = work.peak_kib()
images = work.Images(args, "images-last.npy")

# Input channels, output channels, kernel, stride, padding, pooled.
CONVOLUTIONS = [
    (3, 64, 11, 4, 2, True),
    (64, 192, 5, 1, 2, True),
    (192, 384, 3, 1, 1, False),
    (384, 256, 3, 1, 1, False),
    (256, 256, 3, 1, 1, True),
]
DENSES = [(9216, 4096), (4096, 4096), (4096, int(images.labels.max()) + 1)]
convolutions_frozen, denses_frozen = work.FROZEN[args.depth]


def drawn(shape, fan_in, trainable):
    """Returns a random kernel and a zero bias."""
    kernel = tf.Variable(tf.random.normal(shape, stddev=(2 / fan_in) ** 0.5), trainable=trainable)
    return kernel, tf.Variable(tf.zeros(shape[-1]), trainable=trainable)


kernels = [
    drawn((size, size, inputs, outputs), size * size * inputs, place >= convolutions_frozen)
    for place, (inputs, outputs, size, *_) in enumerate(CONVOLUTIONS)
]
matrices = [drawn(shape, shape[0], place >= denses_frozen) for place, shape in enumerate(DENSES)]
trained = [part for pair in kernels + matrices for part in pair if part.trainable]


def logits_of(x):
    for (kernel, bias), (_, _, _, stride, pad, pooled) in zip(kernels, CONVOLUTIONS):
        x = tf.nn.conv2d(x, kernel, stride, [[0, 0], [pad, pad], [pad, pad], [0, 0]])
        x = tf.nn.relu(tf.nn.bias_add(x, bias))
        x = tf.nn.max_pool2d(x, 3, 2, "VALID") if pooled else x
    x = tf.reshape(x, (-1, 9216))
    for place, (weight, bias) in enumerate(matrices):
        x = tf.nn.dropout(x, work.DROPOUT) if weight.trainable else x
        x = tf.nn.bias_add(tf.matmul(x, weight), bias)
        x = tf.nn.relu(x) if place < 2 else x
    return x


# AdamW with TensorFlow's fused update. Keras's AdamW writes every step of the formula to memory and was slower in short trials.
moments = [(tf.Variable(tf.zeros(part.shape)), tf.Variable(tf.zeros(part.shape))) for part in trained]
powers = tf.Variable(0.9), tf.Variable(0.999)


def update(gradients):
    for part, gradient, (mean, square) in zip(trained, gradients, moments):
        part.assign_sub(part * (work.LEARNING_RATE * work.WEIGHT_DECAY))
        tf.raw_ops.ResourceApplyAdam(
            var=part.handle,
            m=mean.handle,
            v=square.handle,
            beta1_power=powers[0].read_value(),
            beta2_power=powers[1].read_value(),
            lr=work.LEARNING_RATE,
            beta1=0.9,
            beta2=0.999,
            epsilon=work.EPSILON,
            grad=gradient,
        )
    powers[0].assign(powers[0] * 0.9)
    powers[1].assign(powers[1] * 0.999)


@tf.function(jit_compile=args.variant == "xla")
def train(x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits_of(x)))
    update(tape.gradient(loss, trained))
    return loss


def step(x, y):
    return float(train(tf.constant(x), tf.constant(y)))


work.measure("TensorFlow", tf.__version__, args, images, loaded_kib, step)
