"""The dictionary of `evaluate` as text."""


def format_results(results):
    """The dictionary of `evaluate` as a table of two columns."""
    width = max(map(len, results))
    lines = []
    for name, value in results.items():
        text = f"{value:.4f}" if isinstance(value, float) else str(value)
        lines.append(f"{name:<{width}}  {text:>12}")
    return "\n".join(lines)
