"""Back-propagation by hand, all of it: a net with two hidden units learns XOR.

    python examples/backprop_by_hand.py

Read it from top to bottom. It needs torch alone, and torch only multiplies and adds: every gradient is worked out here.
XOR is 1 if exactly one of two inputs is 1. The net has two inputs, two hidden units and one output. The symbols are
those of the four pages in Nature (1986): x is the total input of a unit, y its output, d its desired output, w a
weight, E the error (today: the loss). epsilon is the learning rate, alpha the momentum, a sweep is an epoch.
"""

import torch

INPUTS = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64)  # four cases, a row each
DESIRED = torch.tensor([[0], [1], [1], [0]], dtype=torch.float64)
EPSILON, ALPHA = 0.5, 0.9


def small_random_weights(seed):
    """Step 1. Weights between -0.3 and 0.3, and not all the same: equal hidden units would stay equal for ever."""
    random = torch.Generator().manual_seed(seed)
    shapes = {"w_early": (2, 2), "b_early": (2,), "w_late": (2, 1), "b_late": (1,)}
    drawn = {name: torch.rand(shape, dtype=torch.float64, generator=random) for name, shape in shapes.items()}
    return {name: 0.6 * numbers - 0.3 for name, numbers in drawn.items()}


def logistic(x):
    """Squash a total input to an output between 0 and 1 (equation 2)."""
    return 1 / (1 + torch.exp(-x))


def forward(w, inputs=INPUTS):
    """Step 2. Go forward: each unit adds up its inputs times its weights (equation 1), and squashes the sum."""
    hidden = logistic(inputs @ w["w_early"] + w["b_early"])
    y = logistic(hidden @ w["w_late"] + w["b_late"])
    return hidden, y


def error(y):
    """Step 3. Half the squared differences, added up over all cases (equation 3)."""
    return 0.5 * ((y - DESIRED) ** 2).sum()


def backward(w, hidden, y):
    """Step 4. Go backward, from the error to each weight, by the chain rule. Each line needs only the one above it."""
    dE_dy = y - DESIRED  # how E changes with each output (equation 4)
    dE_dx = dE_dy * y * (1 - y)  # with its total input: y(1 - y) is the slope of the logistic (equation 5)
    dE_dw_late = hidden.T @ dE_dx  # with a weight: times the output that it carried, added up over cases (equation 6)
    dE_db_late = dE_dx.sum(0)  # a bias is a weight from a unit that is always 1

    dE_dhidden = dE_dx @ w["w_late"].T  # the blame of a hidden unit: through every weight that leaves it (equation 7)
    dE_dx = dE_dhidden * hidden * (1 - hidden)  # from here on the steps repeat, one layer earlier
    dE_dw_early = INPUTS.T @ dE_dx
    dE_db_early = dE_dx.sum(0)
    return {"w_early": dE_dw_early, "b_early": dE_db_early, "w_late": dE_dw_late, "b_late": dE_db_late}


def nudge(w, gradients, last_change):
    """Step 5. Move every weight a little downhill, and a little on in the direction of its last change (equation 9)."""
    change = {name: -EPSILON * gradients[name] + ALPHA * last_change[name] for name in w}
    return {name: w[name] + change[name] for name in w}, change


def learn(w, sweeps):
    """Step 6. Repeat. Yield (sweep, E, y, gradients, w) before each nudge."""
    change = {name: torch.zeros_like(weights) for name, weights in w.items()}
    for sweep in range(sweeps + 1):
        hidden, y = forward(w)
        gradients = backward(w, hidden, y)
        yield sweep, error(y), y, gradients, w
        w, change = nudge(w, gradients, change)


def by_autograd(w):
    """Return the same gradients by torch.autograd, which is used nowhere else here."""
    leaves = {name: weights.clone().requires_grad_() for name, weights in w.items()}
    error(forward(leaves)[1]).backward()
    return {name: weights.grad for name, weights in leaves.items()}


def main():
    """Learn XOR, and compare the last gradients with autograd's."""
    print("sweep       E    outputs for 00, 01, 10, 11    dE/dw: early     late")
    steps = list(learn(small_random_weights(seed=1), sweeps=1000))
    for sweep, E, y, gradients, _ in steps[::100]:
        outputs = "  ".join(f"{float(one):.3f}" for one in y)
        early, late = (float(gradients[name].norm()) for name in ("w_early", "w_late"))
        print(f"{sweep:5}  {E:.4f}    {outputs}         {early:.5f}  {late:.5f}")
    *_, gradients, w = steps[-1]
    apart = max(float((gradients[name] - right).abs().max()) for name, right in by_autograd(w).items())
    print(f"\nThe gradients by hand are those of torch.autograd:\nno entry differs by more than {apart:.0e}.")


if __name__ == "__main__":
    main()
