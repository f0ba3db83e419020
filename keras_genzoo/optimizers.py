"""Adam with one kernel a weight."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_genzoo")
class FusedAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam` with TensorFlow's one kernel a weight in place of a dozen operations.

    Arguments, slots and saved files are those of `Adam` (Kingma & Ba 2015, Adam: A Method for Stochastic Optimization),
    and so are the weights but for rounding. Under `jit_compile=True` the compiler has fused those operations already;
    `amsgrad` and sparse gradients are left to `Adam` too.

    Example:

    >>> import numpy as np, keras, keras_genzoo as genzoo
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile(genzoo.FusedAdam(1e-2), loss="mse")
    >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
    >>> int(model.optimizer.iterations)
    1
    """

    def update_step(self, gradient, variable, learning_rate):
        if self.amsgrad or isinstance(gradient, tf.IndexedSlices):
            return super().update_step(gradient, variable, learning_rate)
        dtype, index = variable.dtype, self._get_variable_index(variable)
        step = tf.cast(tf.convert_to_tensor(self.iterations) + 1, dtype)
        beta_1, beta_2 = tf.cast(self.beta_1, dtype), tf.cast(self.beta_2, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=beta_1**step,
            beta2_power=beta_2**step,
            lr=tf.cast(learning_rate, dtype),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.cast(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )
