"""Every rule by the kind of statement that it judges.

A verdict is reproduced, partly, doubtful or not reproduced. Every threshold is defined once, in the rule that applies
it, or in `judgement` if several rules do.
"""

from backprop86.judging.among_learned import Average, Band, Curve, Draw, Most
from backprop86.judging.of_all_runs import Commonest, Equality, Every, More, Rate
from backprop86.judging.rule import Rule

RULES: dict[str, Rule] = {
    "draw": Draw(),
    "every": Every(),
    "most": Most(),
    "rate": Rate(),
    "average": Average(),
    "curve": Curve(),
    "equality": Equality(),
    "more": More(),
    "commonest": Commonest(),
    "band": Band(),
}
"""Every rule by the kind of statement that it judges."""
