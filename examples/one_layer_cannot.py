"""One layer cannot learn XOR: two inputs straight to one output, all gradients by hand, and the reason why.

    python examples/one_layer_cannot.py

backprop_by_hand.py is the same with a hidden layer, and learns. Symbols are explained there.
"""

import torch

INPUTS = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64)  # four cases, a row each
XOR = torch.tensor([0, 1, 1, 0], dtype=torch.float64)
OR = torch.tensor([0, 1, 1, 1], dtype=torch.float64)
EPSILON, ALPHA = 0.5, 0.9


def small_random_weights(seed):
    """Return two weights and a bias, between -0.3 and 0.3."""
    random = torch.Generator().manual_seed(seed)
    return 0.6 * torch.rand(3, dtype=torch.float64, generator=random) - 0.3


def forward(w, inputs=INPUTS):
    """Return the output for each case: the logistic of w1 i1 + w2 i2 + b (equations 1 and 2)."""
    return 1 / (1 + torch.exp(-(inputs @ w[:2] + w[2])))


def backward(w, d):
    """Return E (equation 3) and dE/dw (equations 4, 5 and 6) of the weights and the bias."""
    y = forward(w)
    dE_dx = (y - d) * y * (1 - y)
    return 0.5 * ((y - d) ** 2).sum(), torch.cat([INPUTS.T @ dE_dx, dE_dx.sum()[None]])


def learn(w, d, sweeps):
    """Return E before each nudge (equation 9), and the last weights."""
    change, errors = torch.zeros_like(w), []
    for _ in range(sweeps):
        E, gradient = backward(w, d)
        errors.append(float(E))
        change = -EPSILON * gradient + ALPHA * change
        w = w + change
    return errors, w


def right(w, d):
    """Return the number of cases on the right side of 0.5."""
    return int(((forward(w) > 0.5) == (d > 0.5)).sum())


def most_right(d, steps=41):
    """Return the most cases that any line gets right, of a fine grid of lines: w1 i1 + w2 i2 + b = 0."""
    grid = torch.linspace(-2, 2, steps, dtype=torch.float64)
    lines = torch.cartesian_prod(grid, grid, grid)
    on = lines[:, :2] @ INPUTS.T + lines[:, 2:] > 0
    return int((on == (d > 0.5)).sum(1).max())


def main():
    """Let the same net learn OR and XOR, and print the reason why XOR is out of reach."""
    for name, d in (("OR", OR), ("XOR", XOR)):
        errors, w = learn(small_random_weights(seed=1), d, sweeps=2000)
        first, later, last = errors[0], errors[200], errors[-1]
        print(f"{name}: E is {first:.3f} at first, {later:.3f} after 200 sweeps, {last:.3f} after 2,000.")
        outputs = "  ".join(f"{float(y):.3f}" for y in forward(w))
        print(f"    outputs for 00, 01, 10, 11: {outputs}; {right(w, d)} of 4 on the right side of 0.5")
        print(f"    weights {w[0]:.2f} and {w[1]:.2f}, bias {w[2]:.2f}")
        print(f"    the best of all lines gets {most_right(d)} of 4\n")
    print("The output is above 0.5 on one side of the line w1 i1 + w2 i2 + b = 0, and below on the other.")
    print("XOR wants 00 and 11 on one side, 01 and 10 on the other. Both pairs have the same middle, (1/2, 1/2), and")
    print("a point between two points of one side is on that side. So no line does it, whatever the weights.")
    print("E is smallest where all weights are 0 and every output is 0.5: the net says that it does not know.")
    print("A net that is sure of all cases, and right about 3 of 4, has the same E, so it gains nothing by being sure.")


if __name__ == "__main__":
    main()
