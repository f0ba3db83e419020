"""Recurrences over a whole sequence, each with its own gradient: what the loops of the recurrent layers compute.

The input projection is done before and all of the gradient of the recurrent weights after the loop, each as one matrix
product, so a step does nothing but `state @ kernel` and its gates. Time is the first axis here. Gradients are of first
order.
"""

import tensorflow as tf

from keras_genzoo.layers.products import space, spaced


def lstm_cell(z, c):
    """Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000.

    Args:
        z: `(batch, 4 * units)`, the sums that enter the gates, in the order input, forget, candidate, output.
        c: `(batch, units)`, the cell.

    Returns:
        `(h, c, gates)`; gates are the four activations.
    """
    i, f, g, o = tf.split(z, 4, axis=-1)
    i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
    c = f * c + i * g
    return o * tf.tanh(c), c, (i, f, g, o)


def gru_cell(x, u, h):
    """Cho et al. 2014, with the reset gate after the matrix product, as fast kernels have it.

    Args:
        x: `(batch, 3 * units)`, the projected input with its bias, in the order reset, update, candidate.
        u: `(batch, 3 * units)`, `h @ kernel` with the recurrent bias.
        h: `(batch, units)`, the state.

    Returns:
        `(h, gates)`; gates are the three activations.
    """
    (xr, xz, xn), (ur, uz, un) = tf.split(x, 3, axis=-1), tf.split(u, 3, axis=-1)
    r, z = tf.sigmoid(xr + ur), tf.sigmoid(xz + uz)
    n = tf.tanh(xn + r * un)
    return z * h + (1 - z) * n, (r, z, n)


def scan_lstm(x, kernel, h, c, mask=None, dropped=None, reverse=False):
    """Runs an LSTM over a sequence.

    Args:
        x: `(time, batch, 4 * units)`, the projected inputs with their bias.
        kernel: `(units, 4 * units)`.
        h, c: `(batch, units)`, the first state.
        mask: `(time, batch)` of 0 and 1, or `None`. Where it is 0 the state stays as it is.
        dropped: `(batch, units)`, a factor on the state before the matrix product (recurrent dropout), or `None`.
        reverse: bool, whether it begins at the end. Defaults to `False`.

    Returns:
        `(outputs, h, c)`: `(time, batch, units)`, in the order of `x`, and the last state.
    """

    @tf.custom_gradient
    def run(x, kernel, h0, c0):
        product = spaced(kernel)

        def step(t, state):
            h, c = state
            new_h, new_c, gates = lstm_cell(x[t] + product(_times(h, dropped)), c)
            new_h, new_c = _kept(mask, t, new_h, h), _kept(mask, t, new_c, c)
            return (new_h, new_c), (new_h, new_c, tf.concat(gates, axis=-1))

        (h, c), (hs, cs, gates) = _loop(step, (h0, c0), x, (1, 1, 4), reverse)

        def gradient(d_hs, d_h, d_c):
            before_h, before_c = _before(hs, h0, reverse), _before(cs, c0, reverse)
            turned = spaced(tf.transpose(kernel))

            def back(t, state):
                d_h, d_c = state[0] + d_hs[t], state[1]
                kept_h, d_h = _parted(mask, t, d_h)
                kept_c, d_c = _parted(mask, t, d_c)
                i, f, g, o = tf.split(gates[t], 4, axis=-1)
                tanh_c = tf.tanh(f * before_c[t] + i * g)
                d_c += d_h * o * (1 - tanh_c * tanh_c)
                d_z = tf.concat(
                    [
                        d_c * g * i * (1 - i),
                        d_c * before_c[t] * f * (1 - f),
                        d_c * i * (1 - g * g),
                        d_h * tanh_c * o * (1 - o),
                    ],
                    axis=-1,
                )
                d_h = _times(turned(d_z), dropped)
                return (_plus(d_h, kept_h), _plus(d_c * f, kept_c)), (d_z,)

            (d_h0, d_c0), (d_z,) = _loop(back, (d_h, d_c), x, (4,), not reverse)
            return d_z, _outer(_times(before_h, dropped), d_z), d_h0, d_c0

        return (hs, h, c), gradient

    return run(x, kernel, h, c)


def scan_gru(x, kernel, bias, h, mask=None, dropped=None, reverse=False):
    """Runs a GRU over a sequence; as `scan_lstm`, with `bias` `(3 * units,)` added to the recurrent product.

    Returns:
        `(outputs, h)`.
    """

    @tf.custom_gradient
    def run(x, kernel, bias, h0):
        product = spaced(kernel)

        def step(t, state):
            (h,) = state
            u = product(_times(h, dropped)) + bias
            new_h, gates = gru_cell(x[t], u, h)
            new_h = _kept(mask, t, new_h, h)
            return (new_h,), (new_h, tf.concat([*gates, u[:, 2 * kernel.shape[0] :]], axis=-1))

        (h,), (hs, gates) = _loop(step, (h0,), x, (1, 4), reverse)

        def gradient(d_hs, d_h):
            before, turned = _before(hs, h0, reverse), spaced(tf.transpose(kernel))

            def back(t, state):
                kept, d_h = _parted(mask, t, state[0] + d_hs[t])
                r, z, n, un = tf.split(gates[t], 4, axis=-1)
                d_n = d_h * (1 - z) * (1 - n * n)
                d_r, d_z = d_n * un * r * (1 - r), d_h * (before[t] - n) * z * (1 - z)
                d_u = tf.concat([d_r, d_z, d_n * r], axis=-1)
                d_before = _times(turned(d_u), dropped)
                return (_plus(d_before + d_h * z, kept),), (tf.concat([d_r, d_z, d_n], axis=-1), d_u)

            (d_h0,), (d_x, d_u) = _loop(back, (d_h,), x, (3, 3), not reverse)
            return d_x, _outer(_times(before, dropped), d_u), tf.reduce_sum(d_u, axis=(0, 1)), d_h0

        return (hs, h), gradient

    return run(x, kernel, bias, h)


def scan_simple(x, kernel, h, mask=None, dropped=None, reverse=False):
    """Runs Elman's network (1990), `h = tanh(x + h @ kernel)`, over a sequence; as `scan_lstm`.

    Returns:
        `(outputs, h)`.
    """

    @tf.custom_gradient
    def run(x, kernel, h0):
        product = spaced(kernel)

        def step(t, state):
            (h,) = state
            fresh = tf.tanh(x[t] + product(_times(h, dropped)))
            new_h = _kept(mask, t, fresh, h)
            return (new_h,), (new_h, fresh)

        (h,), (hs, fresh) = _loop(step, (h0,), x, (1, 1), reverse)

        def gradient(d_hs, d_h):
            turned = spaced(tf.transpose(kernel))

            def back(t, state):
                kept, d_h = _parted(mask, t, state[0] + d_hs[t])
                d_z = d_h * (1 - fresh[t] * fresh[t])
                return (_plus(_times(turned(d_z), dropped), kept),), (d_z,)

            (d_h0,), (d_z,) = _loop(back, (d_h,), x, (1,), not reverse)
            return d_z, _outer(_times(_before(hs, h0, reverse), dropped), d_z), d_h0

        return (hs, h), gradient

    return run(x, kernel, h)


def _loop(step, state, x, widths, reverse):
    """Calls `step(t, state)` for every t, in reverse if asked to; `widths` are the widths of what it emits, in units.

    Returns:
        the last state, and what was emitted, each `(time, batch, width * units)`.
    """
    length, units = tf.shape(x)[0], state[0].shape[-1]
    emitted = tuple(tf.TensorArray(x.dtype, size=length, element_shape=(x.shape[1], width * units)) for width in widths)

    def body(i, state, emitted):
        t = length - 1 - i if reverse else i
        new, values = step(t, state)
        for value, old in zip(new, state, strict=True):
            value.set_shape(old.shape)  # a batch of known size stays one
        emitted = tuple(array.write(t, value) for array, value in zip(emitted, values, strict=True))
        return i + 1, new, emitted

    _, state, emitted = tf.while_loop(
        lambda i, *_: i < length, body, (0, tuple(state), emitted), maximum_iterations=x.shape[0]
    )
    return state, tuple(array.stack() for array in emitted)


def _times(values, factor):
    return values if factor is None else values * factor


def _plus(values, more):
    return values if more is None else values + more


def _kept(mask, t, new, old):
    return new if mask is None else tf.where(mask[t][:, None] > 0, new, old)


def _parted(mask, t, gradient):
    """The part of a gradient that goes past step t, `None` without a mask, and the part that goes into it."""
    if mask is None:
        return None, gradient
    through = tf.where(mask[t][:, None] > 0, gradient, tf.zeros_like(gradient))
    return gradient - through, through


def _before(states, first, reverse):
    """The state before every step."""
    return tf.concat([states[1:], first[None]] if reverse else [first[None], states[:-1]], axis=0)


def _outer(states, gradients):
    """The gradient of the kernel: the sum over steps and batch of the outer products."""
    rows, width = tf.reshape(states, (-1, states.shape[-1])), gradients.shape[-1]
    return tf.matmul(rows, space(tf.reshape(gradients, (-1, width))), transpose_a=True)[:, :width]
