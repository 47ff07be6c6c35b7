"""The sources of the kernels that the cuda engine compiles, printed on any machine."""

from backprop86.engines.cuda.engine import refuse_new_cases
from backprop86.engines.cuda.source import MOST_SHARED, source_of
from backprop86.engines.recipe import Job
from backprop86.running.problem import counted_of, start_of, wiring_of
from backprop86.running.settings import Settings


def kernels(settings: Settings) -> list[str]:
    """Return the kernel of each chosen reading; readings with the same kernel share it, under one line of names."""
    experiment, readings = settings.experiment, dict[str, list[str]]()
    for name in settings.chosen:
        problem, recipe = experiment.problem, experiment.recipe_of(name)
        refuse_new_cases(recipe)
        wiring, cases = wiring_of(problem.wiring, recipe), problem.cases(recipe)
        w, counted = start_of(problem, recipe, wiring, [0]), counted_of(problem, recipe, [0])
        text = source_of(Job(wiring, cases, recipe, w, counted), MOST_SHARED).text
        readings.setdefault(text, []).append(name)
    return [f"// {experiment.stem}: {', '.join(names)}\n{text}" for text, names in readings.items()]
