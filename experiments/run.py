"""Run one experiment: every reading of it, every seed -> <output>/runs/<stem>.parquet.

python experiments/run.py experiment=symmetry seeds=200
python experiments/run.py experiment=symmetry reading=zero_one_targets
python experiments/run.py -m experiment=symmetry,xor
python experiments/run.py experiment=xor seeds=10000000 cluster=auto        (docs/scale.md)

After a stop at any moment, the same command goes on from the finished ranges of seeds.
"""

import sys

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from backprop86.judging.brief import in_brief
from backprop86.running.cli import arguments, one_clear_line
from backprop86.running.kernels import kernels
from backprop86.running.run import run
from backprop86.running.settings import CONF, typed


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")
def job(config: DictConfig) -> None:
    """Run the settings that Hydra has composed; Hydra calls this once for each experiment after -m."""
    with one_clear_line():  # checked here, or Hydra adds lines of its own
        settings = typed(config, HydraConfig.get().runtime.choices.get("experiment", ""))
        print(*(kernels(settings) if settings.print_kernel else in_brief(settings, run(settings))), sep="\n")


def main() -> None:
    """Read the command line, and run."""
    sys.argv[1:] = arguments(sys.argv[1:])
    job()


if __name__ == "__main__":
    with one_clear_line():
        main()
