"""A classifier: no generative model, but the judge of some."""

import keras
import tensorflow as tf

from keras_genzoo.metrics import DirectedMean
from keras_genzoo.models import checks
from keras_genzoo.models.base import GenerativeModel
from keras_genzoo.models.empty import apply_rows


@keras.saving.register_keras_serializable(package="keras_genzoo")
class Classifier(GenerativeModel):
    """A classifier of images, trained by plain `compile` and `fit`, whose features measure samples of other models.

    It learns by the cross-entropy with label smoothing (Szegedy et al. 2016, section 7). The logs are `loss`, which
    has the smoothing, and `nll` (nats) and `accuracy`, which have not.

    Args:
        network: functional `keras.Model` from images `(batch, height, width, channels)` to `{"features", "logits"}`,
            `(batch, features)` and `(batch, num_classes)`, such as `networks.conv_classifier`.
        label_smoothing: float in [0, 1), the share of a label spread over all classes. Defaults to 0.
        **kwargs: of `keras.Model`.

    Training data:
        Images float in [0, 1], and labels int32 `(batch,)`.

    Raises:
        ValueError: if the network has other outputs, or `label_smoothing` is out of range.

    Example:

    >>> import numpy as np, keras_genzoo as genzoo
    >>> classifier = genzoo.models.Classifier(genzoo.networks.conv_classifier((8, 8, 1), 10, filters=(8, 16)))
    >>> classifier.compile(optimizer="adam")
    >>> x, y = np.zeros((20, 8, 8, 1), "float32"), np.arange(20) % 10
    >>> sorted(classifier.fit(x, y, epochs=1, verbose=0).history)
    ['accuracy', 'loss', 'nll']
    >>> classifier.features(x).shape, classifier.predict(x, verbose=0).shape
    (TensorShape([20, 16]), (20, 10))
    """

    value_range = (0.0, 1.0)

    def __init__(self, network, label_smoothing=0.0, **kwargs):
        super().__init__(**kwargs)
        outputs = getattr(network, "output", None) if isinstance(network, keras.Model) else None
        if not isinstance(outputs, dict) or set(outputs) != {"features", "logits"}:
            raise ValueError(
                "Expected network to be a functional keras.Model with the outputs {'features', 'logits'}. "
                f"Received: network={network!r}"
            )
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"Expected label_smoothing in [0, 1). Received: label_smoothing={label_smoothing}")
        self.network, self.label_smoothing = network, label_smoothing
        self.event_shape, self.num_classes = tuple(network.input.shape[1:]), outputs["logits"].shape[-1]
        self._trackers = {"nll": DirectedMean("nll"), "accuracy": DirectedMean("accuracy", "up")}
        self.built = True

    def call(self, inputs, training=None):
        """The logits, float32 `(batch, num_classes)`."""
        return self.network(inputs, training=training)["logits"]

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The smoothed cross-entropy, averaged over the batch; also updates the metrics."""
        log_probs = tf.nn.log_softmax(tf.cast(self(x, training=training), tf.float32))
        nll = -tf.gather(log_probs, tf.cast(y, tf.int32), batch_dims=1)
        right = tf.equal(tf.argmax(log_probs, axis=-1), tf.cast(y, tf.int64))
        self._trackers["nll"].update_state(nll, sample_weight=sample_weight)
        self._trackers["accuracy"].update_state(tf.cast(right, tf.float32), sample_weight=sample_weight)
        even = -tf.reduce_mean(log_probs, axis=-1)
        return self.mean_over_batch(nll + self.label_smoothing * (even - nll), sample_weight)

    def features(self, images):
        """What the last layer sees of images `(batch, height, width, channels)` in [0, 1]: `(batch, features)`."""
        return self.classify(images)["features"]

    def classify(self, images):
        """Both outputs of the network in inference: `{"logits", "features"}`."""
        return self._classify(tf.cast(images, tf.float32))

    @tf.function(reduce_retracing=True)
    def _classify(self, images):
        return dict(apply_rows(self.network, images))

    def check_batch(self, x, y):
        checks.check_events("x", x, self.event_shape, self.value_range)
        if y is None:
            raise ValueError("A classifier learns from labels. Expected (images, labels). Received: images alone")
        checks.check_labels(y, self.num_classes, len(x))

    def signatures(self):
        return {"classify": (self._classify, [tf.TensorSpec((None, *self.event_shape), tf.float32, "images")])}
