import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.layers import noise


@pytest.mark.parametrize("draw", [noise.normal, noise.uniform])
def test_a_function_of_the_seed_alone(draw):
    seed = noise.seed_pair(3)
    first = draw([100], seed)
    tf.random.set_seed(5)
    np.testing.assert_array_equal(first, draw([100], seed))
    np.testing.assert_array_equal(first, tf.function(draw)(tf.constant([100]), seed))
    for other in (noise.seed_pair(4), noise.seed_pair(3, stream=1)):
        assert np.mean(first == draw([100], other)) < 0.05


def test_distributions():
    count = 100_000
    normal, uniform = (
        noise.normal([count], noise.seed_pair(0)).numpy(),
        noise.uniform([count], noise.seed_pair(0)).numpy(),
    )
    assert abs(normal.mean()) < 5 / count**0.5 and abs(normal.std() - 1) < 5 / (2 * count) ** 0.5
    assert abs((normal**3).mean()) < 0.1 and abs((normal**4).mean() - 3) < 0.2
    assert uniform.min() >= 0 and uniform.max() < 1 and abs(uniform.mean() - 0.5) < 5 * (1 / 12 / count) ** 0.5


def test_more_rows_contain_the_fewer():
    np.testing.assert_array_equal(
        noise.normal([100, 7], noise.seed_pair(0))[:33], noise.normal([33, 7], noise.seed_pair(0))
    )


def test_next_seed_moves_the_generator_on():
    generator = keras.random.SeedGenerator(1)
    seeds = [tuple(noise.next_seed(generator).numpy()) for _ in range(4)]
    assert len(set(seeds)) == 4
    again = keras.random.SeedGenerator(1)
    assert [tuple(noise.next_seed(again).numpy()) for _ in range(4)] == seeds


def test_next_seed_differs_between_replicas(monkeypatch):
    class Context:
        num_replicas_in_sync = 2

    def seed_of(replica):
        Context.replica_id_in_sync_group = replica
        return tuple(noise.next_seed(keras.random.SeedGenerator(1)).numpy())

    monkeypatch.setattr(tf.distribute, "get_replica_context", lambda: Context)
    assert seed_of(0) != seed_of(1)


def test_dropout_keeps_the_mean():
    generator = keras.random.SeedGenerator(0)
    dropped = noise.dropout(tf.ones((400, 100)), 0.3, generator).numpy()
    assert set(np.unique(dropped)) == {0.0, np.float32(1 / 0.7)}
    assert abs(dropped.mean() - 1) < 0.02
    together = noise.dropout(tf.ones((400, 100)), 0.3, generator, shape=(400, 1)).numpy()
    assert (together == together[:, :1]).all() and 0 < (together == 0).mean() < 1
    values = tf.ones((2, 2))
    assert noise.dropout(values, 0.0, generator) is values


@pytest.mark.parametrize("draw", [noise.normal, noise.uniform])
def test_noise_of_a_row_is_its_own(draw):
    many = noise.by_row(draw, 5, (3, 2), seed=7)
    assert many.shape == (5, 3, 2) and len(np.unique(many)) == 30
    np.testing.assert_array_equal(noise.by_row(draw, 2, (3, 2), seed=7), many[:2])
    np.testing.assert_array_equal(noise.by_row(draw, 2, (3, 2), seed=7, first_row=3), many[3:])
    np.testing.assert_array_equal(noise.by_row(draw, 5, (2, 2), seed=7), many[:, :2])
    assert noise.by_row(draw, 0, (3, 2), seed=7).shape == (0, 3, 2)
    assert not np.array_equal(noise.by_row(draw, 5, (3, 2), seed=8), many)


def test_the_loop_over_rows_is_the_processors():
    """On an accelerator every turn of it waits for a dozen small kernels."""
    drawing = tf.function(lambda count: noise.by_row(noise.uniform, count, [40], 3), autograph=False)
    graph = drawing.get_concrete_function(tf.TensorSpec([], tf.int32)).graph.as_graph_def()
    [loop] = [node for node in graph.node if node.op == "StatelessWhile"]
    [body] = [function for function in graph.library.function if function.signature.name == loop.attr["body"].func.name]
    kinds = {node.op for node in body.node_def}
    assert {"StatelessRandomUniformV2", "TensorListSetItem"} <= kinds
    assert {node.device for node in [loop, *body.node_def]} == {"/device:CPU:0"}
