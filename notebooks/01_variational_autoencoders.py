# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Variational autoencoders: what copied code gets wrong, and the right model
#
# Most people meet the VAE (Kingma & Welling 2014) as a listing in an article. Many of those listings descend a loss and
# draw something, and still are no VAE. This notebook measures each of the common mistakes in one unit, **nats an image
# on held-out data**, then builds the right model from the parts of `keras_genzoo`, measures it, uses it and exports it.
#
# A VAE is a model $p(x) = \int p(z)\,p(x \mid z)\,dz$ with a prior $p(z) = N(0, I)$ and a decoder network for
# $p(x \mid z)$. The integral is out of reach, so an encoder network gives an approximate posterior
# $q(z \mid x) = N(\mu(x), \sigma^2(x))$, and training raises a lower bound:
#
# $$\log p(x) \;\ge\; \mathrm{ELBO}(x) =
# \underbrace{\mathbb{E}_{q(z \mid x)}[\log p(x \mid z)]}_{-\,\text{reconstruction nll}}
# - \underbrace{\mathrm{KL}(q(z \mid x) \,\|\, p(z))}_{\text{kl}}$$
#
# Both terms are sums over pixels and over latent dimensions; only then is the mean over images taken. Nearly every
# mistake below breaks this one line. Everything runs offline in a few minutes on a laptop.

# %% tags=["parameters"]
smoke = False  # True: a few training steps only, to see that everything runs

# %%
import contextlib
import os
import re
import subprocess
import sys
import tempfile
from statistics import NormalDist

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


@contextlib.contextmanager
def silent_stderr():
    """Drops what compiled code writes to standard error, such as TensorFlow's start-up lines."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


with silent_stderr():
    import keras
    import numpy as np
    import tensorflow as tf
    import tensorflow_probability as tfp  # noqa: F401  (loaded here so that its start-up lines are dropped too)
    from IPython.display import Markdown
    from keras import layers
    from sklearn.linear_model import LogisticRegression

    import keras_genzoo as genzoo
    from keras_genzoo import visualization

    tf.get_logger().setLevel("ERROR")  # many models are traced below, which TensorFlow would comment on
    keras.utils.set_random_seed(0)  # also starts the devices

# %% [markdown]
# The data are scikit-learn's 1,797 real handwritten digits of 8 x 8 pixels, thresholded to 0 and 1. Binary pixels make
# the Bernoulli likelihood a true probability; with grey pixels its "nats" would mean nothing.

# %%
splits = genzoo.data.load("digits", binarization="threshold")


def images_of(split):
    return np.concatenate(list(split.batches(500, shuffle=False, drop_remainder=False).as_numpy_iterator()))


x_train, x_test = images_of(splits.train), images_of(splits.test)
pixels = x_test[0].size
print(f"train {x_train.shape}, test {x_test.shape}, {x_test.mean():.0%} of the pixels are on")
grey = images_of(genzoo.data.load("digits").test)
visualization.image_grid(np.concatenate([grey[:12], x_test[:12]]), columns=12, row_labels=["as scanned", "thresholded"])

# %% [markdown]
# ## 1. What the copied code gets wrong, and by how much
#
# ### The yardstick
#
# Unless said otherwise, every model in this section has the same networks (one hidden layer of 128 units, 16 latent
# dimensions) and the same budget of updates. All of them, right or wrong, have a decoder, so all can be asked the same
# question: *draw z from the prior, decode it: how probable are the test images?* That needs no encoder and so cannot be
# flattered by one: $\log p(x) \approx \log \frac{1}{K} \sum_k p(x \mid z_k)$ with $z_k \sim N(0, I)$. On larger images
# $K$ would have to be astronomical; here 50,000 draws suffice.

# %%
EVENT, LATENT = (8, 8, 1), 16
PASSES = 3 if smoke else 60  # passes over the training images


def encoder():
    return genzoo.networks.dense_encoder(EVENT, LATENT, units=(128,))


def decoder(latent_dim=LATENT):
    return genzoo.networks.dense_decoder(latent_dim, EVENT, units=(128,))


def train(model, passes=PASSES, data=splits):
    """One long epoch, so that no time goes into the starts of many; returns what the training itself reported."""
    model.compile(keras.optimizers.Adam(3e-3), steps_per_execution=50)
    history = model.fit(data.train.batches(64).repeat(passes), verbose=0).history
    return {name: values[-1] for name, values in history.items()}


def log_p_all_pairs(model, z, x):
    """log p(x | z) of every z with every image: (len(z), len(x))."""
    logits = tf.reshape(model.decoder(z), (len(z), -1))
    log_p = tf.matmul(logits, x.reshape(len(x), -1), transpose_b=True)
    return log_p - tf.reduce_sum(tf.nn.softplus(logits), axis=1, keepdims=True)


def generator_log_likelihood(model, num_samples=50_000):
    """The mean of log p(x) over the test images, in nats, with z from the prior."""
    z = tf.random.stateless_normal((num_samples, model.latent_dim), seed=(0, 0))
    return float(tf.reduce_mean(genzoo.losses.log_mean_exp(log_p_all_pairs(model, z, x_test))))


def mean_elbo(model):
    """The means of elbo, kl and reconstruction_nll over the test images, from 2,000 samples of z."""
    return {name: float(tf.reduce_mean(values)) for name, values in model.elbo(x_test, num_samples=2000).items()}


# %% [markdown]
# Two fixed points: independent pixels, each with its own training frequency (what a model scores that has learned
# nothing but the mean image), and a right VAE. For the latter the yardstick agrees with the importance-weighted bound
# of section 3, which uses the encoder: two independent estimates of one number.

# %%
frequency = np.clip(x_train.mean(axis=0), 0.5 / len(x_train), 1 - 0.5 / len(x_train))
mean_image = float((x_test * np.log(frequency) + (1 - x_test) * np.log1p(-frequency)).sum(axis=(1, 2, 3)).mean())

right = genzoo.VAE(encoder(), decoder())
train(right)
right_elbo, right_nats = mean_elbo(right), generator_log_likelihood(right)
right_bound = float(tf.reduce_mean(right.log_likelihood(x_test, num_samples=5000)))
print(f"independent pixels   log p(x) {mean_image:7.2f}")
print(f"right VAE            log p(x) {right_nats:7.2f}  (importance-weighted {right_bound:.2f})")
print(f"                         ELBO {right_elbo['elbo']:7.2f}, of which KL {right_elbo['kl']:.2f}")

# %% [markdown]
# ### 1.1 No KL term; `GaussianNoise` for a posterior
#
# Without the KL this is an autoencoder. Nothing keeps the codes near the prior, so what the decoder makes of prior
# draws is arbitrary. `GaussianNoise(0.1)` does not help: the encoder moves the means apart until the noise no longer
# matters. (That layer is also the identity at inference, where the posterior is then a point and its KL infinite.)
# Adding the KL but keeping the fixed noise is better, yet still wrong: the width of the posterior must be learned, for
# each image and dimension.


# %%
def fixed_noise_encoder(stddev):
    x = keras.Input(EVENT)
    z_mean = layers.Dense(LATENT)(layers.Dense(128, activation="relu")(layers.Flatten()(x)))
    return keras.Model(x, [z_mean, layers.Rescaling(0.0, offset=2 * np.log(stddev))(z_mean)])  # a constant log-variance


no_kl = genzoo.VAE(fixed_noise_encoder(0.1), decoder(), beta=0.0)
fixed = genzoo.VAE(fixed_noise_encoder(0.1), decoder())
train(no_kl), train(fixed)
no_kl_elbo, fixed_elbo = mean_elbo(no_kl), mean_elbo(fixed)
no_kl_nats, fixed_nats = generator_log_likelihood(no_kl), generator_log_likelihood(fixed)
print(f"no KL, fixed noise     log p(x) {no_kl_nats:7.2f}, KL of its codes {no_kl_elbo['kl']:.0f} nats")
print(f"with KL, fixed noise   log p(x) {fixed_nats:7.2f}, KL of its codes {fixed_elbo['kl']:.0f} nats")
print(f"right                  log p(x) {right_nats:7.2f}, KL of its codes {right_elbo['kl']:.0f} nats")

# %% [markdown]
# ### 1.2 A "reparameterisation" that multiplies
#
# The sample is $z = \mu + \sigma\varepsilon$. Listings have $z = \mu\,\sigma$ (no noise at all) or
# $z = \mu\,\sigma\,\varepsilon$ (the mean becomes a width). The KL term still believes in $N(\mu, \sigma^2)$, and
# training finds the loophole: tiny means with $\sigma = 1$ cost no KL, and a product without noise carries any amount
# of information. The loss that is reported then looks better than the true likelihood can be.

# %%
mu, sigma, epsilon = 2.0, 0.5, np.random.default_rng(0).standard_normal(100_000)
for name, z in (("mu + sigma * eps", mu + sigma * epsilon), ("mu * sigma * eps", mu * sigma * epsilon)):
    print(
        f"{name}   mean {z.mean():5.2f}, standard deviation {z.std():.2f}   (due: mean 2.00, standard deviation 0.50)"
    )


class Multiply(layers.Layer):
    def call(self, inputs, num_samples=None):
        z_mean, z_log_var = inputs
        return (z_mean * tf.exp(0.5 * z_log_var))[None]  # (1, batch, latent_dim)


multiplied = genzoo.VAE(encoder(), decoder())
multiplied.sampling = Multiply()
multiplied_reported = train(multiplied)["elbo"]
multiplied_elbo, multiplied_nats = mean_elbo(multiplied), generator_log_likelihood(multiplied)
print(
    f"\nELBO as reported {multiplied_reported:.2f}, with proper samples {multiplied_elbo['elbo']:.2f}, "
    f"log p(x) {multiplied_nats:.2f}"
)

# %% [markdown]
# ### 1.3 `tanh` on the log-variance
#
# A log-variance in $(-1, 1)$ is a standard deviation in $(0.61, 1.65)$. A posterior against a prior of width 1 can then
# say at most $-\log 0.61 = 0.5$ nats a dimension, unless the means leave the prior and pay for it. The right model
# uses much narrower posteriors where the image determines the code.


# %%
def tanh_encoder():
    x = keras.Input(EVENT)
    hidden = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    return keras.Model(x, [layers.Dense(LATENT)(hidden), layers.Dense(LATENT, activation="tanh")(hidden)])


tanh = genzoo.VAE(tanh_encoder(), decoder())
train(tanh)
tanh_elbo, tanh_nats = mean_elbo(tanh), generator_log_likelihood(tanh)
for name, model, elbo, nats in (("tanh", tanh, tanh_elbo, tanh_nats), ("right", right, right_elbo, right_nats)):
    narrowest = float(np.exp(0.5 * model.encode(x_test)["z_log_var"].numpy()).min())
    print(f"{name:<5}  ELBO {elbo['elbo']:.2f}, log p(x) {nats:.2f}, narrowest posterior {narrowest:.2f}")
tanh_narrowest = float(np.exp(0.5 * tanh.encode(x_test)["z_log_var"].numpy()).min())

# %% [markdown]
# ### 1.4 An "entropy" of the means for a KL
#
# $m \log m + (1 - m) \log(1 - m)$ treats a mean as a probability. It is undefined outside of (0, 1), never looks at the
# variance, and is negative where a divergence cannot be.


# %%
def entropy_of(mean):
    with np.errstate(invalid="ignore", divide="ignore"):
        return mean * np.log(mean) + (1 - mean) * np.log(1 - mean)


for mean, stddev in ((0.5, 1.0), (0.5, 0.01), (0.0, 1.0), (-1.0, 1.0)):
    kl = genzoo.losses.gaussian_kl([mean], [2 * np.log(stddev)]).numpy()[0]
    print(f"N({mean:4.1f}, {stddev:.2f}^2): entropy of the mean {entropy_of(np.float64(mean)):6.3f}, KL {kl:.3f}")
undefined_images = float(np.isnan(entropy_of(right.encode(x_test)["z_mean"].numpy())).any(axis=1).mean())
print(f"images whose loss is NaN: {undefined_images:.0%}")

# %% [markdown]
# ### 1.5 Encoder and decoder trained apart
#
# One article fits the encoder alone, with the image as target of both its heads, then the decoder alone, from image to
# image. Shapes allow this only if there are as many latent dimensions as pixels. The decoder has then never seen a
# code, and nothing has seen the prior.

# %%
flat = x_train.reshape(len(x_train), pixels)
copy_encoder = genzoo.networks.dense_encoder(EVENT, pixels, units=(128,))
copy_encoder.compile("adam", loss=["mse", "mse"], steps_per_execution=50)
copy_encoder.fit(
    tf.data.Dataset.from_tensor_slices((x_train, (flat, flat))).batch(64).repeat(PASSES), shuffle=False, verbose=0
)
copy_decoder = decoder(pixels)
copy_decoder.compile("adam", loss=keras.losses.BinaryCrossentropy(from_logits=True), steps_per_execution=50)
copy_decoder.fit(tf.data.Dataset.from_tensor_slices((flat, x_train)).batch(64).repeat(PASSES), shuffle=False, verbose=0)

apart = genzoo.VAE(copy_encoder, copy_decoder)
apart_elbo, apart_nats = mean_elbo(apart), generator_log_likelihood(apart)
print(f"trained apart   ELBO {apart_elbo['elbo']:.2f}, log p(x) {apart_nats:.2f}")
print(f"together        ELBO {right_elbo['elbo']:.2f}, log p(x) {right_nats:.2f}")

# %% [markdown]
# ### 1.6 `tf.Variable` made inside `call`
#
# Noise is no state. A variable made in `call` would be a new one at every call; in the graph that `fit` builds,
# TensorFlow refuses outright. Random ops, or a layer that owns a seed generator, are what is due.


# %%
class VariableNoise(layers.Layer):
    def call(self, inputs, num_samples=None):
        z_mean, z_log_var = inputs
        noise = tf.Variable(tf.random.normal((64, LATENT)), trainable=False)
        return (z_mean + tf.exp(0.5 * z_log_var) * noise)[None]


variable = genzoo.VAE(encoder(), decoder())
variable.sampling = VariableNoise()
try:
    train(variable)
except ValueError as error:
    print(f"{type(error).__name__}:", re.search(r"tf\.function only supports.*?\.(?= )", str(error)).group())
variable_steps, right_steps = int(variable.optimizer.iterations), int(right.optimizer.iterations)
print(f"training steps done: {variable_steps} against {right_steps}")

# %% [markdown]
# ### 1.7 Means where sums are due
#
# `binary_crossentropy` averages over pixels. Beside a KL that is summed, the reconstruction counts 1/64 of what it
# should: the loss is, up to a constant factor, that of a beta-VAE (Higgins et al. 2017) with beta = 64 (784 on MNIST).
# With the KL averaged over 16 latent dimensions as well it is beta = 64 / 16 = 4. First the identity, on one set of
# weights; then what it does to training.

# %%
as_copied = float(
    tf.reduce_mean(keras.losses.binary_crossentropy(x_test, right.reconstruct(x_test)))
    + tf.reduce_mean(tf.reduce_sum(genzoo.losses.gaussian_kl(*right.encode(x_test).values()), axis=-1))
)
nll_at_mean = -float(
    tf.reduce_mean(right.likelihood.log_prob(x_test, right.decoder(right.encode(x_test)["z_mean"]), 3))
)
as_beta_vae = (nll_at_mean + pixels * right_elbo["kl"]) / pixels
print(f"mean of pixels + sum of KL {as_copied:.4f} = (nll + {pixels} KL) / {pixels} {as_beta_vae:.4f}")

beta_elbo, beta_nats, by_means = {}, {}, {}
for beta in (pixels, pixels / LATENT):
    by_means[beta] = genzoo.VAE(encoder(), decoder(), beta=beta)
    train(by_means[beta])
    beta_elbo[beta], beta_nats[beta] = mean_elbo(by_means[beta]), generator_log_likelihood(by_means[beta])
    print(f"beta {beta:4.0f}   KL {beta_elbo[beta]['kl']:5.2f}, log p(x) {beta_nats[beta]:.2f}")
print(f"beta    1   KL {right_elbo['kl']:5.2f}, log p(x) {right_nats:.2f}")

# %% [markdown]
# In both the posterior has collapsed: the code says nothing and the model is the mean image.
#
# ### 1.8 Wrong measures
#
# - **The ELBO called the likelihood.** It is a bound, and a loose one; the gap is closed in section 3.
# - **Testing on training images**, which is what loading "the test set" from the wrong half of a tuple does.
# - **"Accuracy" of pixels.** A reconstruction is not a prediction: what copies its input has perfect accuracy. Below,
#   the only model that can generate comes last.

# %%
on_training_images = float(tf.reduce_mean(right.log_likelihood(x_train, num_samples=1000)))
print(f"ELBO {right_elbo['elbo']:.2f}, log p(x) {right_bound:.2f}, on training images {on_training_images:.2f}\n")

ranked = [
    ("trained apart", apart, apart_nats),
    ("no KL", no_kl, no_kl_nats),
    ("multiplied", multiplied, multiplied_nats),
    ("right", right, right_nats),
]
accuracy = {name: float(np.mean((model.reconstruct(x_test) > 0.5) == (x_test > 0.5))) for name, model, _ in ranked}
for name, _, nats in ranked:
    print(f"{name:<13}   pixel accuracy {accuracy[name]:.1%}   log p(x) {nats:.2f}")

# %% [markdown]
# ### The samples, and all numbers in one table
#
# Each row decodes the same kind of prior draws.

# %%
shown = {
    "right": right,
    "no KL": no_kl,
    "multiplied": multiplied,
    "trained apart": apart,
    "pixel mean": by_means[pixels],
}
draws = [model.generate(14, seed=1) for model in shown.values()]
visualization.image_grid(np.concatenate([x_test[:14], *draws]), columns=14, row_labels=["test images", *shown])

# %%
rows = [
    ("no KL, `GaussianNoise(0.1)`", "log p(x)", f"{no_kl_nats:.1f}", f"{right_nats:.1f}"),
    ("", "KL of the codes", f"{no_kl_elbo['kl']:.0f}", f"{right_elbo['kl']:.1f}"),
    ("KL, but fixed noise 0.1", "log p(x)", f"{fixed_nats:.1f}", f"{right_nats:.1f}"),
    ("sample multiplies", "what training reports as ELBO", f"{multiplied_reported:.1f}", f"{right_elbo['elbo']:.1f}"),
    ("", "log p(x)", f"{multiplied_nats:.1f}", f"{right_nats:.1f}"),
    ("tanh on the log-variance", "ELBO", f"{tanh_elbo['elbo']:.1f}", f"{right_elbo['elbo']:.1f}"),
    ("", "log p(x)", f"{tanh_nats:.1f}", f"{right_nats:.1f}"),
    ("entropy of means as KL", "images with a NaN loss", f"{undefined_images:.0%}", "0%"),
    ("trained apart", "log p(x)", f"{apart_nats:.1f}", f"{right_nats:.1f}"),
    ("`tf.Variable` in `call`", "training steps done", f"{variable_steps}", f"{right_steps}"),
    ("pixel mean + KL sum", "effective beta", f"{pixels}", "1"),
    ("", "KL", f"{beta_elbo[pixels]['kl']:.2f}", f"{right_elbo['kl']:.1f}"),
    ("", "log p(x)", f"{beta_nats[pixels]:.1f}", f"{right_nats:.1f}"),
    ("pixel mean + KL mean", "effective beta", f"{pixels // LATENT}", "1"),
    ("", "log p(x)", f"{beta_nats[pixels / LATENT]:.1f}", f"{right_nats:.1f}"),
    ("ELBO called likelihood", "log p(x)", f"{right_elbo['elbo']:.1f}", f"{right_bound:.1f}"),
    ("tested on training images", "log p(x) on those", f"{on_training_images:.1f}", f"{right_bound:.1f}"),
    ("pixel accuracy (trained apart)", "accuracy", f"{accuracy['trained apart']:.1%}", f"{accuracy['right']:.1%}"),
]
header = "| mistake | measured (nats an image, test data) | with the mistake | right |\n|---|---|--:|--:|\n"
Markdown(header + "\n".join("| " + " | ".join(row) + " |" for row in rows))

# %% [markdown]
# For scale: independent pixels score -25.4. No KL, multiplying, training apart and both kinds of means end within a nat
# of that or below it: as generators they are worth no more than the mean image, whatever their loss or accuracy says.
#
# ## 2. The right model
#
# Data, two networks, a model, `compile`, `fit`. The decoder ends in raw logits; the likelihood knows what to do with
# them. With validation data there are two curves a panel; `val_elbo` is what to choose a run by, since it is always at
# beta 1. (An epoch here is four passes over the data.) The recipe `vae-digits` holds the same for
# `genzoo.train("vae-digits")` and for the command line.

# %%
vae = genzoo.VAE(
    encoder=genzoo.networks.dense_encoder(EVENT, latent_dim=16, units=(256,)),
    decoder=genzoo.networks.dense_decoder(16, EVENT, units=(256,)),
    likelihood="bernoulli",
    seed=0,
)
epochs = 2 if smoke else 30
steps = epochs * 4 * (len(x_train) // 64)
vae.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, steps)), steps_per_execution=22)
history = vae.fit(
    splits.train.batches(64).repeat(4), validation_data=splits.validation.batches(161), epochs=epochs, verbose=0
)
visualization.training_curves({name: values for name, values in history.history.items() if "loss" not in name})

# %%
visualization.sample_grid(vae, num_samples=64, seed=1)

# %%
visualization.reconstructions(vae, x_test, count=14)

# %% [markdown]
# ### With your own networks
#
# Any functional encoder with the two outputs `[z_mean, z_log_var]` and any decoder back to the shape of the data will
# do. No activation on either head, none on the decoder's output.

# %%
x = keras.Input(EVENT)
hidden = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(x)
hidden = layers.Dense(64, activation="relu")(layers.Flatten()(hidden))
own_encoder = keras.Model(x, [layers.Dense(8, name="z_mean")(hidden), layers.Dense(8, name="z_log_var")(hidden)])

z = keras.Input((8,))
hidden = layers.Reshape((4, 4, 16))(layers.Dense(256, activation="relu")(z))
hidden = layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu")(hidden)
own_decoder = keras.Model(z, layers.Conv2D(1, 3, padding="same")(hidden))

own = genzoo.VAE(own_encoder, own_decoder)
train(own)
own_elbo, own_nats = mean_elbo(own), generator_log_likelihood(own)
print(f"own convolutions   {own.count_params():,} weights, ELBO {own_elbo['elbo']:.2f}, log p(x) {own_nats:.2f}")

# %% [markdown]
# ## 3. Likelihood
#
# The ELBO is the case K = 1 of the importance-weighted bound (Burda et al. 2016),
#
# $$\log p(x) \;\ge\; \mathbb{E}\Big[\log \frac{1}{K} \sum_{k=1}^{K} \frac{p(x, z_k)}{q(z_k \mid x)}\Big],
# \qquad z_k \sim q(z \mid x),$$
#
# which rises with K towards the truth. With two latent dimensions the truth is within reach: the integral over z can be
# done on a grid. So this section has a second, two-dimensional model, and the dashed line in its panel is exact. The
# formula is written out here for once; `vae.log_likelihood(x, num_samples)` is the same.

# %%
flat_vae = genzoo.VAE(
    genzoo.networks.dense_encoder(EVENT, 2, units=(128,)), genzoo.networks.dense_decoder(2, EVENT, units=(128,))
)
train(flat_vae, 2 * PASSES)

step = 0.04
axis = np.arange(-6, 6, step, dtype="float32")
grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)  # 90,000 points
log_joint = log_p_all_pairs(flat_vae, grid, x_test) + flat_vae.prior.log_prob(grid)[:, None]  # log p(x, z)
exact = float(tf.reduce_mean(tf.reduce_logsumexp(log_joint, axis=0) + 2 * np.log(step)))


def posterior_samples(model, x, num_samples, seed=0):
    """z drawn from q(z | x), and the decoder's logits: (num_samples, images, ...) both; also q itself."""
    q = model.encode(x)
    epsilon = tf.random.stateless_normal((num_samples, *q["z_mean"].shape), seed=(seed, 0))
    z = q["z_mean"] + tf.exp(0.5 * q["z_log_var"]) * epsilon
    logits = model.decoder(tf.reshape(z, (-1, model.latent_dim)))
    return z, tf.reshape(logits, (num_samples, *x.shape)), q


def log_weights(model, seed, num_samples=500):
    """log p(x, z) - log q(z | x) of the test images: (num_samples, images)."""
    z, logits, q = posterior_samples(model, x_test, num_samples, seed)
    log_joint = model.likelihood.log_prob(x_test, logits, event_rank=3) + model.prior.log_prob(z)
    return log_joint - genzoo.losses.gaussian_log_prob(z, q["z_mean"], q["z_log_var"])


counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
bounds = {}
for name, model in (("2 latent dimensions", flat_vae), ("16 latent dimensions", vae)):
    weights = np.concatenate([log_weights(model, seed) for seed in range(20)])  # (10,000, images)
    groups = [weights.reshape(-1, count, len(x_test)).swapaxes(0, 1) for count in counts]
    bounds[name] = [float(np.mean(genzoo.losses.log_mean_exp(group))) for group in groups]
vae_bound = float(tf.reduce_mean(vae.log_likelihood(x_test, num_samples=5000)))


def bound_figure():
    figure = visualization.style.figure_of(7.5, 3)
    for i, (name, values) in enumerate(bounds.items()):
        axes = visualization.style.styled(figure.add_subplot(1, 2, i + 1), name, "samples K", "nats an image")
        axes.semilogx(counts, values, "o-", color=visualization.style.COLORS[0], markersize=3, label="bound")
        if i == 0:
            axes.axhline(exact, color=visualization.style.COLORS[2], linestyle="--", label="exact integral")
        axes.legend(frameon=False, fontsize=8)
    return figure


for name, values in bounds.items():
    print(f"{name:<20}  ELBO (K = 1) {values[0]:.2f}, K = 50 {values[counts.index(50)]:.2f}, K = 5000 {values[-1]:.2f}")
print(f"exact, 2 dimensions   {exact:.2f}; 16 dimensions by log_likelihood, K = 5000, {vae_bound:.2f}")
bound_figure()

# %% [markdown]
# `genzoo.evaluate` measures all of this, and more, on held-out images in one call. The **rate** is the ideal length of
# an image's code under the model, $-\log_2 p(x)$: this is what "a VAE compresses" can mean, and it comes with a number.

# %%
results = genzoo.evaluate(vae, splits, num_samples=200 if smoke else 2000)
mean_image_bits = -mean_image / np.log(2)
print(
    genzoo.evaluation.format_results({name: results[name] for name in list(results)[3:]})
)  # the ELBO's terms are above
bits = {"raw": results["raw_bits"], "independent pixels": mean_image_bits, "VAE": results["rate_bits"]}
print("\nbits an image:", ", ".join(f"{name} {value:.1f}" for name, value in bits.items()))

# %% [markdown]
# ## 4. Two uses, measured
#
# ### Denoising
#
# `fit` on pairs (noisy, clean) makes the model a denoiser: the posterior comes from the noisy image, the likelihood is
# of the clean one (Im et al. 2017). Before praising one, know what is easy: rounding the noisy value; and Bayes' rule
# for each pixel alone, with the known noise and the pixel's training frequency.
#
# The pairs' ELBO at beta = 1 bounds log p(clean), which charges for every nat of the code. A denoiser is asked for
# p(clean | noisy), where the code is free, so a small beta is right here. And a VAE can denoise without any pairs: the
# model of section 2 is the prior, the known noise the likelihood, and Bayes' rule over draws of z does the rest.
#
# All are judged on test images by the share of wrong pixels and by -log p(clean | noisy) in nats an image; lower is
# better.

# %%
noise = 0.5
noisy_splits = genzoo.data.load("digits", binarization="threshold", corruption=noise)
noisy, clean = next(noisy_splits.test.batches(len(x_test)).as_numpy_iterator())
# log p(noisy pixel | 1) - log p(noisy pixel | 0); values clipped to 0 or 1 have a probability in place of a density
at_edge = np.log(0.5 / NormalDist().cdf(-1 / noise))
evidence = np.where(noisy == 1, at_edge, np.where(noisy == 0, -at_edge, (2 * noisy - 1) / (2 * noise**2)))
evidence = evidence.astype("float32")


def pixel_by_pixel():
    logits = np.log(frequency) - np.log1p(-frequency) + evidence
    return 1 / (1 + np.exp(-logits)), float((np.logaddexp(0, logits) - clean * logits).sum(axis=(1, 2, 3)).mean())


def by_encoder(model, num_samples=500):
    """Averages the decoder over samples of q(z | noisy)."""
    _, logits, _ = posterior_samples(model, noisy, num_samples)
    log_p = genzoo.losses.log_mean_exp(model.likelihood.log_prob(clean, logits, event_rank=3))
    return tf.reduce_mean(tf.sigmoid(logits), axis=0).numpy(), -float(tf.reduce_mean(log_p))


def by_bayes(model, num_samples=10_000):
    """Weighs prior draws of z by p(noisy | z); given z, every pixel follows Bayes' rule."""
    prior_logits = model.decoder(tf.random.stateless_normal((num_samples, LATENT), seed=(0, 0)))
    probabilities, log_p = [], []
    for image, pixel_evidence in zip(clean, evidence, strict=True):
        logits = prior_logits + pixel_evidence
        log_w = tf.reduce_sum(tf.nn.softplus(logits) - tf.nn.softplus(prior_logits), axis=(1, 2, 3))
        log_w = tf.nn.log_softmax(log_w)
        probabilities.append(tf.tensordot(tf.exp(log_w), tf.sigmoid(logits), axes=1))
        log_p.append(tf.reduce_logsumexp(log_w + model.likelihood.log_prob(image, logits, event_rank=3)))
    return np.stack(probabilities), -float(tf.reduce_mean(log_p))


denoisers = {beta: genzoo.VAE(encoder(), decoder(), beta=beta) for beta in (1.0, 0.1)}
for model in denoisers.values():
    train(model, 2 * PASSES, noisy_splits)
answers = {  # p(pixel is on | noisy image), and nats
    "rounded": (noisy, np.inf),  # certain, and sometimes wrong
    "Bayes, pixel by pixel": pixel_by_pixel(),
    "VAE on pairs, beta 1": by_encoder(denoisers[1.0]),
    "VAE on pairs, beta 0.1": by_encoder(denoisers[0.1]),
    "VAE of clean images, Bayes": by_bayes(vae),
}
wrong = {name: float(np.mean((answer > 0.5) != (clean > 0.5))) for name, (answer, _) in answers.items()}
clean_nats = {name: answer_nats for name, (_, answer_nats) in answers.items()}
for name in answers:
    print(f"{name:<27} wrong pixels {wrong[name]:6.1%}   nats {clean_nats[name]:6.2f}")
visualization.image_grid(
    np.concatenate([clean[:12], *(answer[:12] for answer, _ in answers.values())]),
    columns=12,
    row_labels=["clean", "noisy", *list(answers)[1:]],
)

# %% [markdown]
# ### Augmentation for few labels
#
# An often repeated claim: train a VAE on the few labelled images, generate more, and the classifier improves. Here 10
# labelled images a class train a conditional VAE (Sohn et al. 2015), which adds 50 generated images a class to the
# training set of a logistic regression; all other images are the test. Three draws of the labelled images.

# %%
labelled_splits = genzoo.data.load("digits", binarization="threshold", conditional=True)
parts = (labelled_splits.train, labelled_splits.validation, labelled_splits.test)
images = np.concatenate([part.arrays["images"] for part in parts]).astype("float32") / 255
labels = np.concatenate([part.labels for part in parts])
per_class, num_classes = 10, 10


def accuracy_after(train_images, train_labels, rest):
    classifier = LogisticRegression(max_iter=2000)
    classifier.fit(train_images.reshape(len(train_images), -1), train_labels)
    return classifier.score(images[rest].reshape(len(rest), -1), labels[rest])


gains = []
for draw in range(1 if smoke else 3):
    generator = np.random.default_rng(draw)
    chosen = [generator.choice(np.flatnonzero(labels == c), per_class, replace=False) for c in range(num_classes)]
    chosen = np.concatenate(chosen)
    rest = np.setdiff1d(np.arange(len(labels)), chosen)
    conditional = genzoo.VAE(
        genzoo.networks.dense_encoder(EVENT, 8, units=(64,), num_classes=num_classes),
        genzoo.networks.dense_decoder(8, EVENT, units=(64,), num_classes=num_classes),
        num_classes=num_classes,
        seed=draw,
    )
    conditional.compile(keras.optimizers.Adam(3e-3), steps_per_execution=50)
    few = {"images": images[chosen], "labels": labels[chosen]}
    conditional.fit(tf.data.Dataset.from_tensors(few).repeat(20 if smoke else 600), verbose=0)
    new_labels = np.repeat(np.arange(num_classes, dtype="int32"), 50)
    new_images = conditional.generate(labels=new_labels, seed=draw)
    before = accuracy_after(images[chosen], labels[chosen], rest)
    after = accuracy_after(np.concatenate([images[chosen], new_images]), np.append(labels[chosen], new_labels), rest)
    gains.append(after - before)
    print(
        f"draw {draw}: {before:.1%} with {len(chosen)} real images, {after:.1%} with {len(new_images)} generated added"
    )
print(f"mean gain {100 * np.mean(gains):+.1f} percentage points")
visualization.sample_grid(conditional, num_samples=140, title="Conditional samples, learned from 10 images a class")

# %% [markdown]
# The claim does not hold here: a generator fitted to the 100 images knows nothing that they do not say, and its samples
# add errors of its own. (If the generator sees unlabelled images too, that is semi-supervised learning, and has to be
# compared as such.)
#
# ## 5. The latent space
#
# Left, where the two-dimensional model of section 3 puts the test images; right, what its decoder makes of the plane.

# %%
visualization.latent_map(flat_vae, splits.test)

# %% [markdown]
# With 16 dimensions, one row a dimension, the most used first. A dimension with a KL of 0 is one that the model
# leaves off: moving along it changes nothing.

# %%
visualization.latent_traversal(vae, x_test, dims=8)

# %% [markdown]
# ## 6. Export
#
# `genzoo.export` writes a folder with a SavedModel (in `1/`), the `.keras` file, a manifest and a model card, after it
# has checked the SavedModel against the live model. The SavedModel needs neither this package nor Keras; to show it, a
# new Python process in which neither can be imported loads it and must give the same numbers.

# %%
script = """
import sys
sys.modules.update(keras=None, tf_keras=None, keras_genzoo=None)  # their import now fails
import numpy as np, tensorflow as tf
served, folder = tf.saved_model.load(sys.argv[1] + "/1"), sys.argv[2]
x, call = tf.constant(np.load(folder + "/x.npy")), served.signatures
seed, count = tf.constant(1), tf.constant(100)
np.savez(
    folder + "/served.npz",
    **call["score"](images=x, num_samples=count, seed=seed),
    **call["encode"](images=x),
    **call["generate"](num_samples=tf.constant(16), seed=seed),
)
"""
with tempfile.TemporaryDirectory() as folder:
    path = genzoo.export(vae, os.path.join(folder, "vae"), data=splits.info, metrics=results)
    print("written:", ", ".join(sorted(entry.name for entry in path.iterdir())))
    np.save(os.path.join(folder, "x.npy"), x_test)
    subprocess.run([sys.executable, "-c", script, str(path), folder], check=True, stderr=subprocess.DEVNULL)
    served = dict(np.load(os.path.join(folder, "served.npz")))

live = {
    "log_likelihood": vae.log_likelihood(x_test, num_samples=100, seed=1),
    **vae.encode(x_test),
    "images": vae.generate(num_samples=16, seed=1),
}
differences = {name: float(np.abs(served[name] - live[name]).max()) for name in live}
print(f"log p(x) live {np.mean(live['log_likelihood']):.4f}, served {served['log_likelihood'].mean():.4f}")
print("largest differences:", ", ".join(f"{name} {value:.1e}" for name, value in differences.items()))

# %% [markdown]
# ## 7. The claims, checked
#
# What needs a full training is checked only outside of smoke runs.

# %%
# true whatever the training
assert abs(as_copied - as_beta_vae) < 1e-3, "pixel mean + KL sum is beta = number of pixels"
assert abs(bounds["2 latent dimensions"][-1] - exact) < 0.03, "K = 5000 reaches the exact integral"
assert all(np.all(np.diff(values) > 0) for values in bounds.values()), "the bound rises with K"
assert abs(vae_bound - bounds["16 latent dimensions"][-1]) < 0.2, "log_likelihood is the formula"
assert tanh_narrowest >= np.exp(-0.5) - 1e-6, "tanh keeps every posterior wide"
assert variable_steps == 0, "a variable in call stops fit"
assert set(served) == set(live) and max(differences.values()) < 1e-3, "the SavedModel equals the live model"

if not smoke:
    # section 1: each mistake costs what the table says, at least about
    assert abs(right_nats - right_bound) < 0.3, "two estimates of the likelihood agree"
    assert right_nats > mean_image + 6
    assert no_kl_elbo["kl"] > 20 * right_elbo["kl"]
    for nats in (no_kl_nats, multiplied_nats, apart_nats, *beta_nats.values()):
        assert nats < mean_image + 1.5, "generates hardly better than independent pixels"
    assert fixed_nats < right_nats - 3
    assert multiplied_reported > right_bound + 5 > multiplied_elbo["elbo"], "reports more than there is"
    assert tanh_elbo["elbo"] < right_elbo["elbo"] - 0.1 and tanh_nats < right_nats - 0.2
    assert undefined_images > 0.9
    assert beta_elbo[pixels]["kl"] < 0.1 and beta_elbo[pixels / LATENT]["kl"] < 1.5 and right_elbo["kl"] > 5
    assert right_elbo["elbo"] < right_bound - 0.7 and on_training_images > right_bound + 0.3
    assert min(accuracy.values()) == accuracy["right"], "pixel accuracy ranks the right model last"
    # sections 2 and 3
    assert results["log_likelihood"] > right_bound - 0.2 and results["log_likelihood"] > mean_image + 7
    assert own_nats > mean_image + 5
    for name, gap in (("2 latent dimensions", 0.2), ("16 latent dimensions", 0.8)):
        assert bounds[name][0] + gap < bounds[name][-1], "the ELBO is a loose bound"
    assert results["rate_bits"] < 0.75 * mean_image_bits and mean_image_bits < 0.6 * results["raw_bits"]
    # section 4
    by_error, by_nats = sorted(wrong, key=wrong.get), sorted(clean_nats, key=clean_nats.get)
    order = ["VAE of clean images, Bayes", "VAE on pairs, beta 0.1", "Bayes, pixel by pixel"]
    order += ["VAE on pairs, beta 1", "rounded"]
    assert by_error == by_nats == order, "what denoises best"
    assert wrong[order[0]] < 0.5 * wrong["rounded"] and clean_nats[order[0]] < clean_nats[order[2]] - 3
    assert np.mean(gains) < 0.02, "generated images do not replace labels"
print("all checks passed" + (" (smoke run: those that need training were skipped)" if smoke else ""))
