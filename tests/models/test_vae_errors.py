"""What the VAE refuses, each in one line and before the first step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo.losses import VampPrior

GOOD = np.zeros((8, 6), "float32")
NAN = GOOD.copy()
NAN[3, 2] = np.nan
EVENTS = [
    (np.zeros((8, 5), "float32"), r"Wrong shape of x\. Expected \(batch, 6\)\. Received: x\.shape=\(8, 5\)"),
    (np.zeros((8, 6, 1), "float32"), r"Wrong shape of x\. Expected \(batch, 6\)\. Received: x\.shape=\(8, 6, 1\)"),
    (NAN, r"NaN or infinite values in x\. Expected floats in \[0, 1\]\. Received: min=nan, max=nan"),
    (GOOD.astype("uint8"), r"Wrong dtype of x\. Expected floats in \[0, 1\]; divide pixels .*Received: x\.dtype=uint8"),
    (GOOD.astype("int64"), r"Wrong dtype of x\. Expected floats in \[0, 1\]; divide pixels .*Received: x\.dtype=int64"),
    (GOOD + 255, r"Values of x out of range\. .*; divide pixels of 0\.\.255 by 255\. Received: min=255, max=255"),
    (GOOD - 0.5, r"Values of x out of range\. Expected floats in \[0, 1\]\. Received: min=-0\.5, max=-0\.5"),
]


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize(("x", "message"), EVENTS)
def test_bad_events_in_arrays_and_datasets(make_vae, x, message, jit):
    vae = make_vae(compile={"jit_compile": jit})
    dataset = tf.data.Dataset.from_tensor_slices(x).batch(8)
    for call in (
        lambda: vae.fit(x),
        lambda: vae.fit(dataset),
        lambda: vae.evaluate(x),
        lambda: vae.fit(GOOD, validation_data=dataset, verbose=0),
        lambda: vae.fit(GOOD, None, 8, 1, 0, None, 0.0, x),
    ):
        with pytest.raises(ValueError, match=f"^{message}$"):
            call()
    assert int(vae.optimizer.iterations) == 0


def test_empty_data(make_vae):
    with pytest.raises(
        ValueError, match=r"^No examples in x\. Expected \(batch, 6\) with batch > 0\. Received: x\.shap"
    ):
        make_vae().fit(GOOD[:0])
    with pytest.raises(ValueError, match=r"^The dataset is empty\. Expected at least one batch\."):
        make_vae().fit(tf.data.Dataset.from_tensor_slices(GOOD).batch(4).take(0))


def test_bad_clean_images(make_vae):
    with pytest.raises(ValueError, match=r"^Wrong shape of y\. Expected \(batch, 6\)\. Received: y\.shape=\(8, 5\)$"):
        make_vae().fit(GOOD, GOOD[:, :5])
    with pytest.raises(ValueError, match=r"^Values of y out of range\."):
        make_vae().fit(tf.data.Dataset.from_tensors((GOOD, GOOD + 3)))


def test_any_finite_number_for_a_gaussian(make_vae):
    vae = make_vae(likelihood="gaussian")
    vae.fit(GOOD - 100, verbose=0)
    with pytest.raises(ValueError, match=r"^NaN or infinite values in x\. Expected finite floats\. Received: min=nan"):
        vae.fit(NAN)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (GOOD, r"A conditional VAE takes x as a dictionary\. Expected \{'images', 'labels'\}\. Received: x=ndarray"),
        ({"images": GOOD}, r"A conditional VAE takes x as a dictionary\. .*Received: x=\['images'\]"),
        ({"images": GOOD, "labels": np.zeros(8)}, r"Wrong labels\. Expected integers of shape \(8,\)\. .*float32"),
        ({"images": GOOD, "labels": np.full(8, 3)}, r"Labels out of range\. Expected integers in \[0, 2\]\. .*max=3"),
        ({"images": GOOD, "labels": np.zeros(7, int)}, r"Wrong labels\. Expected integers of shape \(8,\)\. .*"),
        ({"images": NAN, "labels": np.zeros(8, int)}, r"NaN or infinite values in x\. .*"),
    ],
)
def test_conditional_data(make_vae, x, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make_vae(num_classes=3).fit(x)


def test_bad_arguments_of_use(make_vae):
    vae, conditional = make_vae(), make_vae(num_classes=3)
    for call, message in (
        (lambda: vae.generate(), r"Expected num_samples of at least 0\. Received: num_samples=None"),
        (lambda: vae.generate(-1), r"Expected num_samples of at least 0\. Received: num_samples=-1"),
        (lambda: vae.generate(labels=[0]), r"Expected no labels, as num_classes=None\. Received: labels=\[0\]"),
        (lambda: conditional.generate(3), r"Expected labels in \[0, 2\], as num_classes=3\. Received: labels=None"),
        (lambda: conditional.generate(labels=[0, 3]), r"Labels out of range\. Expected integers in \[0, 2\]\. .*max=3"),
        (lambda: conditional.generate(labels=[-1]), r"Labels out of range\. Expected integers in \[0, 2\]\. .*max=-1"),
        (lambda: conditional.generate(labels=[0.5]), r"Wrong labels\. Expected integers of shape \(1,\)\. .*float64"),
        (
            lambda: conditional.generate(labels=2),
            r"Wrong labels\. Expected integers of shape \(1,\)\. .*shape=\(\), .*",
        ),
        (
            lambda: conditional.decode(np.zeros((1, 2)), [0, 1]),
            r"Wrong labels\. Expected integers of shape \(1,\)\. .*",
        ),
        (lambda: conditional.decode(np.zeros((1, 2))), r"Expected labels in \[0, 2\], as num_classes=3\. .*"),
        (lambda: vae.log_likelihood(GOOD, 0), r"A likelihood needs at least one sample\. Received: num_samples=0"),
    ):
        with pytest.raises(ValueError, match=f"^{message}$"):
            call()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"objective": "ELBO"}, r"Unknown objective\. Expected one of \('elbo', 'iwae', 'dreg'\)\. .*objective='ELBO'"),
        ({"num_samples": 0}, r"Expected num_samples to be an integer of at least 1\. Received: num_samples=0"),
        ({"num_samples": 1.5}, r"Expected num_samples to be an integer of at least 1\. Received: num_samples=1\.5"),
        ({"beta": -1}, r"Expected beta to be a number of at least 0 or a schedule\. Received: beta=-1"),
        ({"beta": "1"}, r"Expected beta to be a number of at least 0 or a schedule\. Received: beta='1'"),
        ({"free_bits": -0.1}, r"Expected free_bits of at least 0, and 0 unless objective='elbo'\. .*free_bits=-0\.1.*"),
        ({"free_bits": 1, "objective": "iwae"}, r"Expected free_bits of at least 0, .*objective='iwae'"),
        ({"likelihood": "poisson"}, r"Unknown likelihood\. Expected one of .*Received: likelihood='poisson'"),
        ({"prior": "uniform"}, r"Unknown prior\. Expected one of .*Received: prior='uniform'"),
        ({"num_classes": 3, "prior": VampPrior(2)}, r"This prior needs an encoder without labels\. .*prior=VampPrior"),
    ],
)
def test_bad_arguments_of_construction(make_vae, arguments, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make_vae(**arguments)


def model(shape, *outputs):
    inputs = keras.Input(shape)
    made = [keras.layers.Reshape(size)(keras.layers.Dense(int(np.prod(size)))(inputs)) for size in outputs]
    return keras.Model(inputs, made if len(made) > 1 else made[0])


@pytest.mark.parametrize(
    ("encoder", "decoder", "message"),
    [
        (model((6,), (2,)), model((2,), (6,)), r"The encoder must return \[z_mean, z_log_var\] of one shape .*"),
        (model((6,), (2,), (3,)), model((2,), (6,)), r"The encoder must return \[z_mean, z_log_var\] of one shape .*"),
        (model((6,), (2,), (2,)), model((3,), (6,)), r"The decoder must map \(batch, 2\) to \(batch, 6\), as .*"),
        (model((6,), (2,), (2,)), model((2,), (5,)), r"The decoder must map .*Received: \(None, 2\) to \(None, 5\)"),
        (
            keras.layers.Dense(2),
            model((2,), (6,)),
            r"The encoder must be a functional keras\.Model; wrap .*encoder=<.*",
        ),
        (model((6,), (2,), (2,)), len, r"The decoder must be a functional keras\.Model; wrap .*decoder=<built-in .*"),
    ],
)
def test_networks_that_do_not_fit(encoder, decoder, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        genzoo.VAE(encoder, decoder)


def test_networks_without_labels_for_a_conditional_model():
    networks = genzoo.networks.dense_encoder((6,), 2), genzoo.networks.dense_decoder(2, (6,))
    message = (
        r"^With num_classes the encoder takes a dictionary\. Expected inputs \['images', 'labels'\]\. Received: encoder"
    )
    with pytest.raises(ValueError, match=message):
        genzoo.VAE(*networks, num_classes=3)


def test_what_is_asked_of_a_model_must_fit_it(make_vae):
    vae, conditional = make_vae(), make_vae(num_classes=3)
    labels = np.zeros(8, "int32")
    for call, message in (
        (lambda: vae.encode(GOOD[:, :5]), r"Wrong shape of x\. Expected \(batch, 6\)\. Received: x\.shape=\(8, 5\)"),
        (lambda: vae.reconstruct(GOOD.reshape(16, 3)), r"Wrong shape of x\. .*"),
        (lambda: vae.encode(GOOD.astype("uint8")), r"Wrong dtype of x\. Expected floats\. Received: x\.dtype=uint8"),
        (
            lambda: vae.decode(np.zeros((3, 4))),
            r"Wrong shape of z\. Expected \(batch, 2\)\. Received: z\.shape=\(3, 4\)",
        ),
        (lambda: vae.decode(np.zeros(2)), r"Wrong shape of z\. .*"),
        (lambda: vae.log_likelihood(GOOD, 2, y=GOOD[:1]), r"Expected as many y as x, 8\. Received: y\.shape=\(1, 6\)"),
        (lambda: vae.log_likelihood(GOOD + 255, 2), r"Values of x out of range\. .*"),
        (lambda: vae.elbo(NAN), r"NaN or infinite values in x\. .*"),
        (lambda: vae.elbo(GOOD, num_samples=0), r"A likelihood needs at least one sample\. .*"),
        (lambda: conditional.encode(GOOD), r"A conditional VAE takes x as a dictionary\. .*"),
        (lambda: conditional.encode({"images": GOOD}), r"A conditional VAE takes x as a dictionary\. .*"),
        (lambda: conditional.encode({"images": GOOD, "labels": labels + 3}), r"Labels out of range\. .*"),
    ):
        with pytest.raises(ValueError, match=f"^{message}$"):
            call()
    assert vae.encode(GOOD[:0])["z_mean"].shape == (0, 2)


def test_the_objective_is_the_models_own(make_vae):
    with pytest.raises(
        ValueError, match=r"^A VAE has its own loss and metrics\. Expected none\. Received: \['loss'\]$"
    ):
        make_vae().compile(loss="mse")
    with pytest.raises(ValueError, match=r"Received: \['metrics'\]$"):
        make_vae().compile(metrics=["mse"])


def test_weights_of_examples(make_vae):
    vae, weights = make_vae(), np.linspace(0, 2, 8, dtype="float32")
    for call in (
        lambda: vae.fit(GOOD, sample_weight=weights),
        lambda: vae.evaluate(GOOD, sample_weight=weights),
        lambda: vae.evaluate(GOOD, None, 8, 0, weights),
        lambda: vae.fit(GOOD, validation_data=(GOOD, None, weights), verbose=0),
    ):
        with pytest.raises(ValueError, match=r"^Expected y beside sample_weight, .*Received: y=None$"):
            call()
    with pytest.raises(ValueError, match=r"Expected sample_weight of shape \(batch,\)\. Received: shape \(8, 1\)"):
        vae.evaluate(GOOD, GOOD, sample_weight=weights[:, None], batch_size=8, verbose=0)


def test_an_encoder_of_several_inputs(make_vae):
    inputs = keras.Input((6,))
    outputs = [keras.layers.Dense(2)(inputs) for _ in range(2)]
    with pytest.raises(ValueError, match=r"^The encoder must take one tensor\. Received: encoder\.input=\["):
        genzoo.VAE(keras.Model([inputs], outputs), genzoo.networks.dense_decoder(2, (6,)))
