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
# # Adversarial networks: what copied code gets wrong, and how to tell a good one
#
# A generative adversarial network (Goodfellow et al. 2014) is a game. A generator $G$ makes events from noise
# $z \sim N(0, I)$; a discriminator $D$ gives every event a logit, high for real ones; each descends a loss of its own:
#
# $$L_D = \mathbb{E}_x[\,a(D(x))\,] + \mathbb{E}_z[\,b(D(G(z)))\,], \qquad L_G = \mathbb{E}_z[\,c(D(G(z)))\,].$$
#
# The functions $a, b, c$ are the objective; the original has $a(l) = c(l) = -\log \sigma(l)$ and
# $b(l) = -\log(1 - \sigma(l))$. There is no likelihood, and neither loss says how good the samples are. So the mistakes
# of copied listings go unnoticed: something is descended and something is drawn. Here each is measured, on data small
# enough that everything runs offline in minutes; then comes the right game, seen at work on points whose modes are
# known and on real digits.

# %% tags=["parameters"]
smoke = False  # True: a few training steps only, to see that everything runs
data_dir = None  # a folder with mnist, or GENZOO_DATA_DIR; without it section 8 is left out

# %%
import contextlib
import os
import subprocess
import sys
import tempfile
import warnings

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
    from IPython.display import Markdown
    from keras import layers

    import keras_genzoo as genzoo
    from keras_genzoo import callbacks, losses, metrics, networks, visualization
    from keras_genzoo.visualization.style import COLORS, FONT_SIZE, figure_of, styled

    tf.get_logger().setLevel("ERROR")  # many models are traced below, which TensorFlow would comment on
    keras.utils.set_random_seed(0)  # also starts the devices

# %% [markdown]
# The images are scikit-learn's 1,797 handwritten digits of 8 x 8 pixels. Networks see them in [-1, 1], the range of
# tanh; `GAN.generate` and `GAN.discriminate` speak [0, 1].
#
# ## 1. What the copied code gets wrong, and by how much
#
# All games of this section have the same networks, the same optimizers and the same number of updates, and are measured
# the same way: the Frechet distance (Heusel et al. 2017) between the pixels of samples and of one half of the training
# images. The other half is at the *floor*: no generator that is as good as reality can be expected below it.

# %%
splits = genzoo.data.load("digits", value_range=(-1.0, 1.0))
x_train = splits.train.arrays["images"].astype("float32") / 255
half, other_half = x_train[::2], x_train[1::2]
EVENT, LATENT, BATCH = (8, 8, 1), 32, 64
PASSES = 2 if smoke else 30  # over the training images


def new_gan():
    return genzoo.GAN(
        networks.mlp_generator(LATENT, EVENT, units=(128, 256)), networks.mlp_discriminator(EVENT, units=(256, 128))
    )


def play(objective, gan=None, rates=(1e-3, 1e-3), passes=PASSES):
    """Trains a GAN, a new one unless given; `rates` are the learning rates of generator and discriminator."""
    gan = new_gan() if gan is None else gan
    generator_optimizer, discriminator_optimizer = (keras.optimizers.Adam(rate, beta_1=0.5) for rate in rates)
    gan.compile(generator_optimizer, discriminator_optimizer, objective, steps_per_execution=22)
    history = gan.fit(splits.train.batches(BATCH).repeat(passes), verbose=0).history
    return gan, {name: values[-1] for name, values in history.items()}


def distance(gan):
    """Of as many samples as the other half has."""
    return metrics.frechet_distance(half, gan.generate(len(other_half), seed=1))


floor = metrics.frechet_distance(half, other_half)
untrained = distance(new_gan())
right, right_logs = play("least_squares")
right_distance = distance(right)
print(f"Frechet distance of pixels: floor {floor:.2f}, untrained {untrained:.1f}, least squares {right_distance:.2f}")

# %% [markdown]
# ### 1.1 A sigmoid in front of least squares
#
# Least squares (Mao et al. 2017) is meant to pull back what lies far on the wrong side, the harder the farther. That
# needs raw outputs. Behind a sigmoid, $\frac12(\sigma(l) - 1)^2$ is flat exactly there, for the discriminator that is
# sure and wrong about a real image as for the generator whose sample has been found out: it is the same function of
# the logit. A wrong game is an objective like any other, so it fits in a few lines.


# %%
class Squashed(losses.LeastSquares):
    """Least squares of probabilities, as copied."""

    def discriminator_loss(self, real_logits, fake_logits):
        return super().discriminator_loss(tf.sigmoid(real_logits), tf.sigmoid(fake_logits))

    def generator_loss(self, fake_logits, real_logits=None):
        return super().generator_loss(tf.sigmoid(fake_logits))


def slope(function, logits):
    """The derivative of a loss by the logit."""
    logits = tf.constant(logits, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = function(logits)
    return tape.gradient(loss, logits).numpy()


far = [0.0, -2.0, -5.0, -10.0]
squashed_slopes, raw_slopes = (slope(game.generator_loss, far) for game in (Squashed(), losses.LeastSquares()))
for logit, squashed_slope, raw_slope in zip(far, squashed_slopes, raw_slopes, strict=True):
    print(f"logit {logit:5.0f}   slope behind a sigmoid {squashed_slope:10.1e}, of raw outputs {raw_slope:6.1f}")

# %% [markdown]
# The same on data. A generator stands still (its learning rate is 0) until a discriminator is sure of it; then the
# gradient that reaches the generator's weights is measured under five objectives, at the very same weights.

# %%
sure = new_gan()
generator_before = sure.generator.get_weights()
play("non_saturating", sure, rates=(0.0, 1e-3), passes=2 if smoke else 20)
z = tf.random.stateless_normal((256, LATENT), seed=(0, 0))
fake_logits = sure.discriminator(sure.generator(z))[:, 0]
real_logits = sure.discriminate(half[:256])
print(f"mean logit of real images {np.mean(real_logits):.1f}, of fakes {np.mean(fake_logits):.1f}\n")


def gradient_norm(gan, objective):
    """Of the generator's loss by the generator's weights."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(objective.generator_loss(gan.discriminator(gan.generator(z))[:, 0], real_logits))
    return float(tf.linalg.global_norm(tape.gradient(loss, gan.generator.trainable_variables)))


found_out = {
    "least squares behind a sigmoid": gradient_norm(sure, Squashed()),
    "minimax": gradient_norm(sure, losses.Minimax()),
    "non-saturating": gradient_norm(sure, losses.NonSaturating()),
    "relativistic": gradient_norm(sure, losses.Relativistic()),
    "least squares": gradient_norm(sure, losses.LeastSquares()),
}
for name, norm in found_out.items():
    print(f"{name:<31} norm of the generator's gradient {norm:8.1e}")

# %% [markdown]
# Does it matter for the outcome of a game?

# %%
squashed, _ = play(Squashed())
squashed_distance = distance(squashed)
print(f"Frechet distance behind a sigmoid {squashed_distance:.2f}, of raw outputs {right_distance:.2f}")

# %% [markdown]
# It ends behind, but by far less than the slopes say, in this one game of one seed. Adam divides a gradient by its own
# size, so one that is 100,000 times smaller moves the weights as far. What the sigmoid takes away is missed where
# nothing divides: in plain gradient descent, in half precision, below Adam's epsilon. A mistake in a formula need not
# show in a figure; one that does not is one setting away from showing.
#
# ### 1.2 `tanh`, then `sigmoid`
#
# A sigmoid of a tanh lies between $\sigma(-1) = 0.27$ and $\sigma(1) = 0.73$: no black, no white. Of the digits' pixels
# most are out of reach, and a discriminator needs a single look at the brightest and the darkest one.

# %%
low, high = 1 / (1 + np.exp(1)), 1 / (1 + np.exp(-1))
out_of_reach = float(np.mean((x_train < low) | (x_train > high)))
given_away = float(np.mean((x_train.min(axis=(1, 2, 3)) < low) | (x_train.max(axis=(1, 2, 3)) > high)))
best_distance = metrics.frechet_distance(half, np.clip(other_half, low, high))
print(f"reach [{low:.2f}, {high:.2f}]: {out_of_reach:.0%} of the pixels are outside, in {given_away:.0%} of the images")
print(f"Frechet distance of real images brought into reach {best_distance:.2f} (floor {floor:.2f})")

# %% [markdown]
# ### 1.3 A discriminator that never sees a real image, and one loss for both networks
#
# One listing takes the discriminator's output on fakes for the loss of *both* networks. The data do not occur in it.
# Both want the same, so they get it: a loss near 0 at once. The milder form does show real images to the discriminator,
# yet lets the generator descend the discriminator's loss with it: a generator that helps to be found out.


# %%
class NeverReal(losses.NonSaturating):
    """Both networks lower D(G(z)), as copied."""

    def discriminator_loss(self, real_logits, fake_logits):
        return tf.sigmoid(fake_logits)

    def generator_loss(self, fake_logits, real_logits=None):
        return tf.sigmoid(fake_logits)


class OneLoss(losses.NonSaturating):
    """A right discriminator, and a generator that descends the same cross-entropy."""

    def generator_loss(self, fake_logits, real_logits=None):
        return tf.nn.softplus(fake_logits)


def separation(gan):
    """The probability that a real image has a higher logit than a sample: 1/2 for a fooled discriminator."""
    real, fake = (np.asarray(gan.discriminate(x)) for x in (half, gan.generate(len(half), seed=1)))
    return float(np.mean((real[:, None] > fake) + 0.5 * (real[:, None] == fake)))


never_real, never_real_logs = play(NeverReal())
one_loss, one_loss_logs = play(OneLoss())
for name, gan, logs in (
    ("never sees a real image", never_real, never_real_logs),
    ("one loss for both", one_loss, one_loss_logs),
    ("right (least squares)", right, right_logs),
):
    print(
        f"{name:<24} discriminator loss {logs['discriminator_loss']:.4f}, generator loss {logs['generator_loss']:.4f}, "
        f"separation {separation(gan):.3f}, Frechet distance {distance(gan):6.2f}"
    )
never_real_distance, one_loss_distance = distance(never_real), distance(one_loss)
visualization.image_grid(
    np.concatenate([half[:14], *(gan.generate(14, seed=1) for gan in (right, never_real, one_loss))]),
    columns=14,
    row_labels=["real", "right", "never real", "one loss"],
)

# %% [markdown]
# The two games with the lowest losses are the two that have learned nothing.
#
# ### 1.4 Label noise past 1
#
# Noise added to labels of 1 makes targets such as 1.05. Cross-entropy with a target $t$ is $\log(1 + e^{l}) - t\,l$;
# for $t > 1$ it falls without end as the logit grows, so the discriminator is paid for certainty for ever. One-sided
# smoothing (Salimans et al. 2016) goes the other way: with $t = 0.95$ the best logit is $\log(0.95 / 0.05) = 2.9$.
# The value at some logits, and then a discriminator trained against untrained samples with either target.

# %%
logits = np.array([0.0, 3.0, 10.0, 100.0, 1000.0])
past_one = np.logaddexp(0, logits) - 1.05 * logits
smoothed = losses.NonSaturating(label_smoothing=0.05).discriminator_loss(logits, [-100.0] * 5).numpy()
for logit, *values in zip(logits, past_one, smoothed, strict=True):
    print(f"logit {logit:6.0f}   target 1.05: {values[0]:7.2f}   target 0.95: {values[1]:6.2f}")

fakes = new_gan().generate(len(half), seed=1).numpy()
both = 2 * np.concatenate([half, fakes]) - 1
found = {}
for target in (1.05, 0.95):
    judge = networks.mlp_discriminator(EVENT, units=(256, 128))
    judge.compile(keras.optimizers.Adam(1e-3), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    targets = np.repeat([target, 0.0], [len(half), len(fakes)])[:, None]
    history = judge.fit(both, targets, batch_size=128, epochs=2 if smoke else 40, verbose=0).history["loss"]
    found[target] = history[-1], float(np.mean(judge(2 * half - 1)))
    print(f"trained, target {target}: loss {found[target][0]:6.3f}, mean logit of real images {found[target][1]:.1f}")

# %% [markdown]
# ### 1.5 `training=True` left out
#
# Keras sets the flag by itself only for what `fit` calls through `Model.call`. A custom `train_step` calls the networks
# directly, and a direct call is inference: dropout passes everything, batch normalisation uses its first statistics
# and never updates them. Inside a real `fit`:


# %%
class Flag(keras.Model):
    """Measures in a train_step how much two calls of a discriminator with dropout differ."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def train_step(self, data):
        left_out = self.network(data) - self.network(data)
        given = self.network(data, training=True) - self.network(data, training=True)
        return {"left_out": tf.math.reduce_std(left_out), "given": tf.math.reduce_std(given)}


flag = Flag(networks.mlp_discriminator(EVENT, units=(256, 128), dropout=0.3))
flag.compile()
flags = {name: values[-1] for name, values in flag.fit(2 * half - 1, batch_size=len(half), verbose=0).history.items()}
print(f"two calls differ by {flags['left_out']:.3f} without the flag, by {flags['given']:.3f} with it")

# %% [markdown]
# ### 1.6 One optimizer for both networks
#
# Adam corrects its running means for their start by the number of updates. Shared by two networks, it counts both: the
# second network's first update is made as if it were its second, and schedules run at double speed. Built for one
# network alone, it refuses the other; and `GAN.compile` refuses one object for two.

# %%
weights = [keras.Variable(0.0), keras.Variable(0.0)]
shared = keras.optimizers.Adam(1.0)
shared.build(weights)
for weight in weights:
    shared.apply([tf.constant(1.0)], [weight])
first_steps = [-float(weight.value) for weight in weights]
print(f"first update of the first network {first_steps[0]:.3f}, of the second {first_steps[1]:.3f}")
print(f"updates counted after one of each: {int(shared.iterations)}")

refusals = {}
for name, attempt in (
    ("Keras", lambda: (alone := keras.optimizers.Adam()).build(weights[:1]) or alone.apply([tf.ones(())], weights[1:])),
    ("GAN", lambda: new_gan().compile(shared, shared)),
):
    try:
        attempt()
    except (ValueError, KeyError) as error:
        refusals[name] = str(error).strip("'").split(". ")[0].split(": <")[0]
        print(f"{name}: {refusals[name]}")

# %% [markdown]
# ### 1.7 The gradient penalty's root at zero
#
# The penalty $(|\nabla D| - 1)^2$ has the root of a sum of squares in it, whose derivative at 0 is infinite; times the
# 0 of the chain rule it is NaN, and one NaN in one weight is the end of a training. A critic is flat wherever its
# hidden units are off, and a new one with a zero kernel is flat everywhere.

# %%
flat = keras.Sequential([keras.Input(EVENT), layers.Flatten(), layers.Dense(1, kernel_initializer="zeros")])
batch = tf.constant(2 * half[:64] - 1)


def copied_penalty(discriminate, real, fake, seed):
    with tf.GradientTape() as tape:
        tape.watch(real)
        logits = discriminate(real)
    squares = tf.reduce_sum(tape.gradient(logits, real) ** 2, axis=(1, 2, 3))
    return (tf.sqrt(squares) - 1) ** 2


at_zero = {}
for name, penalty in (("copied", copied_penalty), ("GradientPenalty", losses.GradientPenalty(1.0))):
    with tf.GradientTape() as tape:
        values = penalty(lambda x: flat(x)[:, 0], batch, -batch, seed=tf.constant([0, 0]))
    gradient = tape.gradient(values, flat.trainable_variables[0], unconnected_gradients="zero")
    at_zero[name] = float(tf.reduce_mean(values)), int(np.count_nonzero(~np.isfinite(gradient)))
    print(f"{name:<16} value {at_zero[name][0]:.1f}, {at_zero[name][1]} of {flat.count_params() - 1} gradients are NaN")

# %% [markdown]
# ### All numbers in one table

# %%
rows = [
    ("sigmoid before least squares", "slope at logit -10", f"{squashed_slopes[-1]:.1e}", f"{raw_slopes[-1]:.0f}"),
    (
        "",
        "gradient of a generator found out",
        f"{found_out['least squares behind a sigmoid']:.0e}",
        f"{found_out['least squares']:.1f}",
    ),
    ("", "Frechet distance of an easy game", f"{squashed_distance:.1f}", f"{right_distance:.1f}"),
    ("tanh, then sigmoid", "pixels out of reach", f"{out_of_reach:.0%}", "0%"),
    ("", "Frechet distance at best", f"{best_distance:.1f}", f"{floor:.1f}"),
    ("never a real image", "Frechet distance", f"{never_real_distance:.1f}", f"{right_distance:.1f}"),
    ("one loss for both", "Frechet distance", f"{one_loss_distance:.1f}", f"{right_distance:.1f}"),
    ("target 1.05", "loss at logit 1000", f"{past_one[-1]:.0f}", f"{smoothed[-1]:.0f} (target .95)"),
    ("", "mean logit of real images after training", f"{found[1.05][1]:,.0f}", f"{found[0.95][1]:.1f}"),
    ("no `training=True`", "what dropout does to a logit", f"{flags['left_out']:.2f}", f"{flags['given']:.2f}"),
    ("one optimizer for both", "first update of the second network", f"{first_steps[1]:.2f}", "1.00"),
    ("root at zero", "gradients that are NaN", f"{at_zero['copied'][1]} of 64", "0"),
]
header = "| mistake | measured | with the mistake | right |\n|---|---|--:|--:|\n"
Markdown(header + "\n".join("| " + " | ".join(row) + " |" for row in rows))

# %% [markdown]
# ## 2. The right game, under plain `fit`
#
# A custom `train_step` is all that Keras needs; the loop, the logs, the callbacks and the validation stay those of
# `fit`. This is a whole GAN, and right:


# %%
class SmallGAN(keras.Model):
    def __init__(self, generator, discriminator, latent_dim):
        super().__init__()
        self.generator, self.discriminator, self.latent_dim = generator, discriminator, latent_dim

    def compile(self, generator_optimizer, discriminator_optimizer, **kwargs):
        super().compile(optimizer=generator_optimizer, **kwargs)
        self.discriminator_optimizer = discriminator_optimizer

    def train_step(self, real):
        z = tf.random.normal((tf.shape(real)[0], self.latent_dim))  # as many as there are: the last batch is smaller
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(z, training=True)
            real_logits, fake_logits = (self.discriminator(x, training=True) for x in (real, fake))
            discriminator_loss = tf.reduce_mean(tf.nn.softplus(-real_logits) + tf.nn.softplus(fake_logits))
            generator_loss = tf.reduce_mean(tf.nn.softplus(-fake_logits))
        for loss, network, optimizer in (
            (discriminator_loss, self.discriminator, self.discriminator_optimizer),
            (generator_loss, self.generator, self.optimizer),
        ):
            optimizer.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)
        return {"discriminator_loss": discriminator_loss, "generator_loss": generator_loss}

    def generate(self, num_samples, seed):
        return 0.5 + 0.5 * self.generator(tf.random.stateless_normal((num_samples, self.latent_dim), (seed, 0)))


start = new_gan()
small = SmallGAN(start.generator, start.discriminator, LATENT)
small.compile(*(keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)), steps_per_execution=22)
small.fit(splits.train.batches(BATCH).repeat(PASSES), shuffle=False, verbose=0)
small_distance = distance(small)
print(f"{small_distance:.2f}, the Frechet distance of the small one; floor {floor:.2f}")

# %% [markdown]
# What `genzoo.GAN` adds is what one misses on the second day: objectives and penalties as arguments, several updates of
# the discriminator, packing, class labels, a moving average of the generator, both optimizers and the noise in saved
# files, validation by metrics of quality, mixed precision, checks of networks and data, export. And neither network's
# update touches the other, not even its batch statistics. With learning rate 0 on one side that can be seen:


# %%
def moved(network, before):
    """The largest change of a weight."""
    return max(float(np.abs(a - b).max()) for a, b in zip(network.get_weights(), before, strict=True))


still = new_gan()
play("non_saturating", still, rates=(1e-3, 0.0), passes=1)
movements = {  # of generator and discriminator; `sure` is from section 1.1
    "generator": (
        moved(sure.generator, generator_before),
        moved(sure.discriminator, new_gan().discriminator.get_weights()),
    ),
    "discriminator": (
        moved(still.generator, generator_before),
        moved(still.discriminator, new_gan().discriminator.get_weights()),
    ),
}
for name, (by_generator, by_discriminator) in movements.items():
    print(f"{name} at learning rate 0: generator moved {by_generator:.3f}, discriminator {by_discriminator:.3f}")

# %% [markdown]
# And what does not fit is refused before the first step:

# %%
x = keras.Input(EVENT)
with_sigmoid = keras.Model(x, layers.Dense(1, activation="sigmoid")(layers.Flatten()(x)))
for attempt in (
    lambda: genzoo.GAN(networks.mlp_generator(LATENT, EVENT), with_sigmoid),
    lambda: play("wasserstine"),
    lambda: right.fit(255 * x_train, verbose=0),
):
    try:
        attempt()
    except ValueError as error:
        refusals[len(refusals)] = str(error)
        print(f"- {error}")

# %% [markdown]
# ## 3. Objectives side by side
#
# Left what the losses are, right their slopes, that is, how hard a sample is pulled. Where the discriminator is sure
# that a sample is fake (a logit far below 0), minimax lets go of it, the squashed loss even on both sides, least
# squares pulls hardest. (The relativistic loss compares; here the real partner has logit 0, so that as a curve it
# equals the non-saturating one. Its strength is in the pairs.)

# %%
games = {
    "non-saturating": losses.NonSaturating(),
    "minimax": losses.Minimax(),
    "least squares": losses.LeastSquares(),
    "hinge": losses.Hinge(),
    "wasserstein": losses.Wasserstein(),
    "relativistic": losses.Relativistic(),
    "sigmoid + least squares": Squashed(),
}
axis = np.linspace(-6, 6, 121).astype("float32")
away = tf.zeros_like(axis)
sides = {
    "generator, by the logit of a fake": lambda game: lambda logits: game.generator_loss(logits, away),
    "discriminator, by the logit of a real": lambda game: lambda logits: game.discriminator_loss(logits, away),
}


def objectives_figure():
    figure = figure_of(7.5, 5.6)
    for row, (side, function) in enumerate(sides.items()):
        panels = [figure.add_subplot(2, 2, 2 * row + column + 1) for column in range(2)]
        for i, (name, game) in enumerate(games.items()):
            line = {"color": COLORS[i], "label": name, "linewidth": 1.6, "linestyle": "--" if i > 4 else "-"}
            panels[0].plot(axis, function(game)(tf.constant(axis)), **line)
            panels[1].plot(axis, slope(function(game), axis), **line)
        styled(panels[0], f"loss of the {side.split(',')[0]}", side.split(", by the ")[1]).set_ylim(-6, 8)
        styled(panels[1], "its slope", side.split(", by the ")[1]).set_ylim(-4, 1.5)
    panels[1].legend(frameon=False, fontsize=FONT_SIZE - 1)
    return figure


on_fakes = next(iter(sides.values()))
pull = {name: -float(slope(on_fakes(game), [-10.0] * len(axis))[0]) for name, game in games.items()}
print("pull on a fake of logit -10:", ", ".join(f"{name} {value:.2g}" for name, value in pull.items()))
objectives_figure()

# %% [markdown]
# ## 4. Penalties
#
# A penalty looks at the slope of the discriminator by its input, and a linear critic has the same slope everywhere. So
# one of norm $c$ must give exactly $(c - 1)^2$ for the gradient penalty (Gulrajani et al. 2017) and for DRAGAN, and
# $\frac12 c^2$ for R1 and R2 (Mescheder et al. 2018), whatever the data.

# %%
direction = np.array([0.6, 0.8], "float32")
points = tf.random.stateless_normal((100, 2), seed=(1, 0)), tf.random.stateless_normal((100, 2), seed=(2, 0))
penalties = {
    "GradientPenalty(1)": (losses.GradientPenalty(1.0), lambda c: (c - 1) ** 2),
    "DRAGAN(1)": (losses.DRAGAN(1.0), lambda c: (c - 1) ** 2),
    "R1(1)": (losses.R1(1.0), lambda c: c**2 / 2),
    "R2(1)": (losses.R2(1.0), lambda c: c**2 / 2),
}
linear_error = 0.0
for name, (penalty, formula) in penalties.items():
    found_values = []
    for c in (0.0, 0.5, 1.0, 2.0, 5.0):
        values = penalty(lambda x, c=c: tf.linalg.matvec(x, c * direction), *points, seed=tf.constant([0, 0]))
        linear_error = max(linear_error, float(np.abs(values - formula(c)).max()))
        found_values.append(f"c = {c:g}: {float(values[0]):6.3f}")
    print(f"{name:<19}", "   ".join(found_values))
print(f"largest difference from the formula over all points: {linear_error:.0e}")

# %% [markdown]
# ## 5. Modes: found, and lost
#
# `ring` has 8 narrow Gaussians on a circle, so that one can count what a generator has found. Three games from the same
# data: a right one (relativistic with R1 and R2, whose weight fades; Huang et al. 2024); one whose generator learns far
# faster than its discriminator, and chases the one spot that looks best at the moment; and one whose discriminator is
# so fast that nothing is left to learn from. The alarms `ModeCollapseMonitor` and `DiscriminatorMonitor` are callbacks;
# they measure two figures without knowing the modes, and warn once.

# %%
ring = genzoo.data.load("ring")
centers, scale = genzoo.data.embedded.ring_centers(), genzoo.data.embedded.RING_SCALE
EPOCHS = 2 if smoke else 40  # of 78 updates
WAVES = {"num_features": 64, "longest": 4.0, "shortest": 0.04}


class Snapshots(keras.callbacks.Callback):
    """Keeps samples after some epochs."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs, self.taken = epochs, {}

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 in self.epochs:
            self.taken[epoch + 1] = self.model.generate(1000, seed=0).numpy()


def play_on_ring(rates, epochs=EPOCHS, **game):
    """A GAN, its history, its snapshots, and what the alarms said."""
    gan = genzoo.GAN(
        networks.mlp_generator(2, (2,), units=(64, 64, 64)),
        networks.mlp_discriminator((2,), units=(64, 64), fourier=WAVES),
        ema_momentum=0.99,
    )
    quality = [metrics.ModeCoverage(centers, scale, min_samples=20), metrics.HighQualityShare(centers, scale)]
    optimizers = [
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, 78 * epochs), beta_1=0.0, beta_2=0.99)
        for rate in rates
    ]
    gan.compile(*optimizers, quality=quality, steps_per_execution=39, **game)
    x = ring.train.arrays["points"][:300]
    snapshots = Snapshots({round(epochs * share) for share in (0.05, 0.15, 0.3, 0.6, 1.0)})
    watching = [snapshots, callbacks.ModeCollapseMonitor(x), callbacks.DiscriminatorMonitor(x)]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        fitted = gan.fit(
            ring.train.batches(256),
            validation_data=ring.validation.batches(500),
            epochs=epochs,
            callbacks=watching,
            verbose=0,
        )
    alarms = [str(warning.message) for warning in said if "after epoch" in str(warning.message)]
    return gan, fitted.history, snapshots.taken, alarms


def fading(weight):
    return keras.optimizers.schedules.ExponentialDecay(weight, 78 * EPOCHS, 0.0003)


good, good_history, good_taken, good_alarms = play_on_ring(
    (2e-3, 2e-3), objective="relativistic", penalty=[losses.R1(fading(0.05)), losses.R2(fading(0.05))]
)
collapsed, collapsed_history, collapsed_taken, collapsed_alarms = play_on_ring((5e-3, 1e-4), epochs=max(2, EPOCHS // 2))
lost, lost_history, lost_taken, lost_alarms = play_on_ring(
    (1e-5, 1e-2), epochs=max(2, EPOCHS // 2), objective="minimax"
)
histories = {"right": good_history, "fast generator": collapsed_history, "fast discriminator": lost_history}
for name, history in histories.items():
    print(
        f"{name:<19} modes {history['val_mode_coverage'][-1]:.0f} of 8, "
        f"high quality {history['val_high_quality_share'][-1]:.1%}, "
        f"diversity {history['diversity'][-1]:.2f}, separation {history['separation'][-1]:.3f}"
    )
for alarm in (*good_alarms, *collapsed_alarms, *lost_alarms):
    print(f"\nALARM {alarm}")

# %% [markdown]
# Samples over the training, on the true means. The right generator opens up into the circle, then draws in to the
# modes. Under the fast generator all samples move together, after whatever the discriminator liked last, and in the end
# off the picture; a discriminator that is led astray can still tell them from real points, so both alarms ring. Under
# the fast discriminator nothing moves at all, and what has never spread is alike too.


# %%
def snapshots_figure(**taken):
    figure = figure_of(7.5, 1.75 * len(taken))
    columns = max(map(len, taken.values()))
    for row, (name, snapshots) in enumerate(taken.items()):
        for column, (epoch, samples) in enumerate(sorted(snapshots.items())):
            axes = styled(figure.add_subplot(len(taken), columns, row * columns + column + 1), f"epoch {epoch}")
            visualization.style.mark(axes, centers)
            axes.scatter(*samples.T, s=2, color=COLORS[0], linewidths=0, zorder=3)
            axes.set_xticks([]), axes.set_yticks([])
            if column == 0:
                axes.set_ylabel(name.replace("_", "\n"), fontsize=FONT_SIZE)
    return figure


snapshots_figure(right=good_taken, fast_generator=collapsed_taken, fast_discriminator=lost_taken)

# %% [markdown]
# ## 6. A loss is no quality
#
# The losses of the right game, beside the figures of quality that validation measures in the same `fit`.

# %%
wanted = ("generator_loss", "discriminator_loss", "val_mode_coverage", "val_high_quality_share")
visualization.training_curves({name: good_history[name] for name in wanted})

# %% [markdown]
# And the losses of all three games at the end. Where real and fake look the same, both losses of the relativistic game
# are at $\log 2 = 0.693$. The lowest losses, both of them, belong to the game that has found nothing.

# %%
for name, history in histories.items():
    print(
        f"{name:<19} generator loss {history['generator_loss'][-1]:6.3f}, "
        f"discriminator loss {history['discriminator_loss'][-1]:6.3f}, "
        f"modes {history['val_mode_coverage'][-1]:.0f} of 8"
    )

# %% [markdown]
# No single figure of quality is enough either. Four impostors, made without any training, and the right game, by
# 2,500 samples each (`genzoo.evaluate(gan, ring)` gives all these figures, and more). True points are in the first row.

# %%
rng = np.random.default_rng(0)
NUM = 2500
true_points = ring.test.arrays["points"]
mean, covariance = true_points.mean(axis=0), np.cov(true_points.T)
impostors = {
    "training points": ring.train.arrays["points"][:NUM],
    "one wide Gaussian": rng.multivariate_normal(mean, covariance, NUM),
    "every second mode": centers[2 * rng.integers(4, size=NUM)] + scale * rng.standard_normal((NUM, 2)),
    "modes shrunk to points": centers[rng.integers(8, size=NUM)] + 0.01 * scale * rng.standard_normal((NUM, 2)),
    "one mode": centers[0] + scale * rng.standard_normal((NUM, 2)),
    "the right game": good.generate(NUM, seed=1).numpy(),
}
judged = {}
for name, samples in impostors.items():
    judged[name] = {
        "modes": metrics.mode_coverage(samples, centers, scale, min_samples=20),
        "quality": metrics.high_quality_share(samples, centers, scale),
        "spread": float(np.sqrt(np.nanmean(metrics.mode_spread(samples, centers, scale) ** 2))),
        "frechet": metrics.frechet_distance(true_points, samples),
    }
ring_results = genzoo.evaluate(good, ring)
lines = [
    f"| {name} | {row['modes']} | {row['quality']:.1%} | {row['spread']:.2f} | {row['frechet']:.5f} |"
    for name, row in judged.items()
]
Markdown(
    "| 2,500 samples | modes of 8 | high quality | spread inside modes | Frechet distance |\n|---|--:|--:|--:|--:|\n"
    + "\n".join(lines)
)

# %% [markdown]
# The Frechet distance compares means and covariances: every second mode and the wide Gaussian pass it. Shrunken modes
# have the best share of all, since points without spread never miss. Only coverage, share and spread together tell.
#
# And a Frechet distance without its number of samples is no figure: the estimate is biased upwards by about one over
# that number. Below, real digits against real digits. So `evaluate` prints the floor, another real set of the same
# size, beside every distance.

# %%
sizes = [100, 200, 350, 700]
floors = [metrics.frechet_distance(half[:size], other_half[:size]) for size in sizes]
print("real against real:", ", ".join(f"{size} images {value:.2f}" for size, value in zip(sizes, floors, strict=True)))

# %% [markdown]
# ## 7. Digits
#
# The recipe `lsgan-digits`, with fewer epochs: least squares, batch normalisation in the generator, dropout in the
# discriminator, a moving average. `genzoo.train` is plain `compile` and `fit` of what a recipe builds. Images are
# judged on the features of a small classifier, trained here for the purpose in seconds.

# %%
small_run = {"epochs": 1, "generator_units": (32,), "discriminator_units": (32,)} if smoke else {"epochs": 40}
digits_gan, digits_history = genzoo.train("lsgan-digits", splits=splits, verbose=0, **small_run)
digits_results = genzoo.evaluate(digits_gan, splits)
for name in (
    "frechet_distance", "frechet_floor", "num_samples", "kernel_distance", "kernel_floor", "precision", "recall",
    "classes_covered", "class_kl", "neighbor_ratio", "neighbor_ratio_real", "copies",
):  # fmt: skip
    value = digits_results[name]
    print(f"{name:<20} {value:.4f}" if isinstance(value, float) else f"{name:<20} {value}")
shown = ("generator_loss", "discriminator_loss", "val_kernel_distance")
visualization.training_curves({name: digits_history[name] for name in shown})

# %%
visualization.sample_grid(digits_gan, num_samples=100, seed=1)

# %% [markdown]
# Is it a copying machine? Below each sample is the training image nearest to it. `neighbor_ratio` above is that
# distance against the one between training images themselves: unseen real images have about 1, copies 0.

# %%
visualization.nearest_neighbors(digits_gan, splits.train, count=14, seed=1)

# %% [markdown]
# ### A moving average needs batch statistics of its own
#
# Averaging weights smooths the generator, and takes away what differs from step to step: averaged weights are smaller.
# Batch normalisation in inference divides by statistics that were gathered with the weights themselves, which do not
# fit the averaged ones. Averaging the weights alone keeps those statistics. Here the averaged generator is run in every
# step to gather its own. In the middle of a training, at a constant learning rate:

# %%
moving = {"ema_momentum": 0.999, "final_learning_rate": 1.0}
averaged_gan, _ = genzoo.train("lsgan-digits", splits=splits, verbose=0, **moving, **small_run)
own_distance = genzoo.evaluate(averaged_gan, splits)["frechet_distance"]
foreign_statistics = averaged_gan.generator.non_trainable_weights
for statistic, foreign in zip(averaged_gan.average_statistics, foreign_statistics, strict=True):
    statistic.assign(foreign)
foreign_distance = genzoo.evaluate(averaged_gan, splits)["frechet_distance"]
print(f"Frechet distance {own_distance:.2f} with its own statistics, {foreign_distance:.2f} with the generator's")

# %% [markdown]
# ### Stopped, saved, resumed: bit for bit
#
# Six epochs in one go, in the middle of which a `.keras` file is written; and a model that knows nothing but this file
# and goes on from it. Weights, moving average, both optimizers' slots and counters, the state of the noise: in the end
# everything must be equal, not nearly equal.


# %%
def state_of(gan):
    parts = gan.weights, gan.generator_optimizer.variables, gan.discriminator_optimizer.variables
    return [keras.ops.convert_to_numpy(value) for part in parts for value in part]


def fit(gan, first_epoch, **kwargs):
    data = ring.train.take(2000).batches(250, first_epoch=first_epoch)
    gan.fit(data, initial_epoch=first_epoch, epochs=6, verbose=0, **kwargs)


whole = genzoo.GAN(
    networks.mlp_generator(2, (2,), units=(32,), batch_norm=True),
    networks.mlp_discriminator((2,), units=(32,), dropout=0.2),
    ema_momentum=0.9,
)
whole.compile("adam", keras.optimizers.Adam(1e-3), objective="relativistic", penalty=losses.GradientPenalty(0.1))
with tempfile.TemporaryDirectory() as folder:
    fit(whole, 0, callbacks=[keras.callbacks.ModelCheckpoint(os.path.join(folder, "{epoch}.keras"))])
    resumed = keras.models.load_model(os.path.join(folder, "3.keras"))
halfway = state_of(resumed)
fit(resumed, 3)
at_end = list(zip(state_of(whole), state_of(resumed), strict=True))
bits_equal = all(a.tobytes() == b.tobytes() for a, b in at_end)
changed = float(np.mean([a.tobytes() != b.tobytes() for (a, _), b in zip(at_end, halfway, strict=True)]))
samples_equal = np.array_equal(whole.generate(100, seed=1), resumed.generate(100, seed=1))
print(f"{len(at_end)} tensors, {changed:.0%} of them changed after the file; equal bit for bit: {bits_equal}")
print(f"samples equal: {samples_equal}")

# %% [markdown]
# ### Export, and use in bare TensorFlow
#
# `genzoo.export` writes a folder with a SavedModel, the `.keras` file, a manifest and a card, after it has compared the
# SavedModel with the live model. To show that it needs neither this package nor Keras, a new Python process in which
# neither can be imported draws the same images.

# %%
script = """
import sys
sys.modules.update(keras=None, tf_keras=None, keras_genzoo=None)  # their import now fails
import numpy as np, tensorflow as tf
served = tf.saved_model.load(sys.argv[1] + "/1").signatures
made = served["generate"](num_samples=tf.constant(16), seed=tf.constant(1))
np.savez(sys.argv[2] + "/served.npz", **made, **served["discriminate"](images=made["images"]))
"""
with tempfile.TemporaryDirectory() as folder:
    path = genzoo.export(digits_gan, os.path.join(folder, "gan"), data=splits.info, metrics=digits_results)
    print("written:", ", ".join(sorted(entry.name for entry in path.iterdir())))
    subprocess.run([sys.executable, "-c", script, str(path), folder], check=True, stderr=subprocess.DEVNULL)
    served = dict(np.load(os.path.join(folder, "served.npz")))
live = {"images": digits_gan.generate(16, seed=1)}
live["logits"] = digits_gan.discriminate(live["images"])
differences = {name: float(np.abs(served[name] - live[name]).max()) for name in live}
print("largest differences:", ", ".join(f"{name} {value:.1e}" for name, value in differences.items()))

# %% [markdown]
# ## 8. MNIST, where it is at hand
#
# The recipe `lsgan-mnist` has the networks of one of the listings, 100-128-256-512-784 against 784-512-256-128-1, in
# the right game; a few epochs are enough to see it work. It is judged on the features of the classifier that the
# package carries.

# %%
mnist_results, folders = None, (data_dir, os.environ.get("GENZOO_DATA_DIR"))
found_in = next((folder for folder in folders if folder and os.path.isdir(os.path.join(folder, "mnist"))), None)
if found_in is None:
    print("no MNIST here: set data_dir above, or GENZOO_DATA_DIR")
else:
    mnist = genzoo.data.load("mnist", data_dir=found_in, value_range=(-1.0, 1.0), validation_size=5000)
    few = dict(small_run, epochs=1) if smoke else {"epochs": 6}
    mnist_gan, _ = genzoo.train("lsgan-mnist", splits=mnist, verbose=0, **few)
    mnist_results = genzoo.evaluate(mnist_gan, mnist, num_samples=500 if smoke else 2000, max_examples=2000)
    for name in ("frechet_distance", "frechet_floor", "num_samples", "classes_covered", "class_kl", "copies"):
        print(f"{name:<18} {mnist_results[name]:.3f}")

# %%
visualization.sample_grid(mnist_gan, num_samples=60, seed=1) if mnist_results else None

# %% [markdown]
# ## 9. The claims, checked
#
# What needs a full training is checked only outside of smoke runs.

# %%
# true whatever the training
assert abs(squashed_slopes[-1]) < 1e-4 and raw_slopes[-1] == -11, "a sigmoid takes the slope away"
assert found_out["least squares behind a sigmoid"] < found_out["least squares"]
assert best_distance > 2 * floor and out_of_reach > 0.5 and given_away == 1, "tanh, then sigmoid, is found out"
assert np.all(np.diff(past_one) < 0) and past_one[-1] < -45 and smoothed.min() > 0, "targets past 1 have no bound"
assert flags["left_out"] == 0 < flags["given"], "without the flag dropout is off"
assert abs(first_steps[0] - 1) < 1e-3 and first_steps[1] < 0.8 and int(shared.iterations) == 2
assert len(refusals) == 5 and "optimizer" in refusals["GAN"], "what does not fit is refused"
assert at_zero == {"copied": (1.0, 64), "GradientPenalty": (1.0, 0)}, "finite at a norm of zero"
assert movements["generator"][0] == 0 < movements["generator"][1], "no update touches the other network"
assert movements["discriminator"][1] == 0 < movements["discriminator"][0], "nor the other way round"
assert pull["minimax"] < 1e-4 and pull["sigmoid + least squares"] < 1e-4 and pull["least squares"] == 11
assert linear_error < 1e-5, "a linear critic of norm c has (c - 1)^2"
assert judged["training points"]["modes"] == 8 and 0.98 < judged["training points"]["quality"] < 0.995
assert judged["one wide Gaussian"]["quality"] < 0.05 and judged["every second mode"]["modes"] == 4
for name in ("one wide Gaussian", "every second mode"):
    assert judged[name]["frechet"] < 0.01 * judged["one mode"]["frechet"], "passes the Frechet distance"
assert judged["modes shrunk to points"]["quality"] == 1 and judged["modes shrunk to points"]["spread"] < 0.02
assert floors[0] > 3 * floors[-1] and np.all(np.diff(floors) < 0), "fewer samples, a larger distance"
assert bits_equal and samples_equal and changed > 0.8, "resumed bit for bit"
assert max(differences.values()) < 1e-4, "the SavedModel equals the live model"

if not smoke:
    # section 1
    assert right_distance < 0.3 * untrained
    assert found_out["least squares behind a sigmoid"] < 0.01 * found_out["non-saturating"]
    assert found_out["minimax"] < 0.01 * found_out["non-saturating"]
    assert squashed_distance < 0.5 * untrained, "Adam makes up for a small gradient"
    for logs, worse in ((never_real_logs, never_real_distance), (one_loss_logs, one_loss_distance)):
        assert logs["generator_loss"] < right_logs["generator_loss"] and worse > 3 * right_distance
    assert found[1.05][0] < 0 < found[0.95][0] and found[1.05][1] > 2 * found[0.95][1]
    # sections 2 and 5 to 7
    assert small_distance < 0.7 * untrained
    assert good_history["val_mode_coverage"][-1] == 8 and judged["the right game"]["quality"] > 0.8
    assert 0.6 < judged["the right game"]["spread"] < 1.3, "neither points nor clouds"
    assert ring_results["modes_covered"] == 8 and not good_alarms
    assert collapsed_history["val_mode_coverage"][-1] <= 2 and collapsed_alarms[0].startswith("Mode collapse")
    assert any(alarm.startswith("The discriminator has won") for alarm in lost_alarms)
    for name in ("generator_loss", "discriminator_loss"):
        assert lost_history[name][-1] < good_history[name][-1], "the lowest losses, and no mode"
    assert lost_history["val_mode_coverage"][-1] == 0
    assert digits_results["classes_covered"] == 10 and digits_results["copies"] < 0.05
    assert foreign_distance > 1.1 * own_distance, "averaged weights with the statistics of others"
    assert mnist_results is None or mnist_results["classes_covered"] == 10
print("all checks passed" + (" (smoke run: those that need training were skipped)" if smoke else ""))
