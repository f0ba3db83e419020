"""Time of a training step: this package, a tutorial's way, PyTorch, and the step's matrix products alone."""

from common import CONV, SMALL, WIDE, arguments, report, torch, variational

from keras_genzoo import benchmark

DYNAMIC, INPUT = "keras_genzoo, binarised afresh", "its input pipeline alone"
STEPS = {SMALL.name: 590, WIDE.name: 472, CONV.name: 60}  # an epoch; multiples of the steps an execution


def torch_models():
    """From workload to a function that makes the model in PyTorch; empty without PyTorch."""
    if torch is None:
        return {}
    import torch_vae

    return {
        SMALL.name: lambda: torch_vae.dense((200, 200), 50, torch.nn.Tanh),
        WIDE.name: lambda: torch_vae.dense((256,), 64, torch.nn.ReLU),
        CONV.name: torch_vae.conv,
    }


def contenders(workload, split):
    """From name to a function that runs one epoch of `split`."""
    steps = len(split) // workload.batch_size
    fresh = variational.synthetic_split(len(split), dynamic=True)
    batches = split.batches(workload.batch_size)
    made = {
        benchmark.OURS: variational.ours(workload, split),
        DYNAMIC: variational.ours(workload, fresh),
        benchmark.TUTORIAL: variational.tutorial(workload, split),
        benchmark.FLOOR: variational.matrix_products(workload, steps),
        INPUT: lambda: batches.reduce(0, lambda count, _: count + 1).numpy(),
    }
    models = torch_models()
    if workload.name in models:
        import torch_vae

        images, new = split.arrays["images"], models[workload.name]
        made["torch, rows gathered"] = torch_vae.gathered(new(), images, workload.batch_size)
        made["torch, DataLoader"] = torch_vae.loaded(new(), images, workload.batch_size)
    return made


def main():
    given = arguments(__doc__)
    rows = []
    for workload in (SMALL, WIDE, CONV):
        steps = 4 if given.quick else STEPS[workload.name]
        split = variational.synthetic_split(steps * workload.batch_size)
        seconds = benchmark.interleaved(contenders(workload, split), 1 if given.quick else given.rounds)
        rows += benchmark.rows(workload.name, seconds, steps)
        print(benchmark.format_rows(rows[-len(seconds) :]), flush=True)
    report("vae_training", rows, given)


if __name__ == "__main__":
    main()
