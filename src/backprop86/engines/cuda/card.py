"""An NVIDIA card: torch keeps its memory, cuda.core compiles kernels and launches them.

cuda.core is NVIDIA's own interface to its compiler and driver; a torch with CUDA brings the libraries that it needs.
"""

from collections.abc import Callable

import numpy as np
import torch
from cuda.bindings import driver
from cuda.core import Device, Kernel, LaunchConfig, Program, ProgramOptions, launch
from cuda.core.utils import FileStreamProgramCache

from backprop86.engines.cuda.source import Source

SHARED = driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES


class OnCard:
    """An array in the card's memory."""

    def __init__(self, array: np.ndarray, device: torch.device) -> None:
        """Copy an array to the card."""
        self.tensor = torch.tensor(array.view(np.int64) if array.dtype == np.uint64 else array, device=device)
        self.address = self.tensor.data_ptr()

    def read(self) -> np.ndarray:
        """Return a copy."""
        return self.tensor.cpu().numpy()


class Card:
    """A card, by torch's name for it: cuda, or cuda:1."""

    def __init__(self, name: str) -> None:
        """Open a card, and a queue of work of our own."""
        self.device = torch.device(name)
        torch.cuda.init()
        self.card = Device(torch.cuda.current_device() if self.device.index is None else self.device.index)
        self.card.set_current()
        self.stream = self.card.create_stream()
        self.most_shared: int = self.card.properties.max_shared_memory_per_block_optin
        self.kernels: dict[Source, Kernel] = {}

    def put(self, array: np.ndarray) -> OnCard:
        """Return a copy of an array in the card's memory."""
        return OnCard(array, self.device)

    def kernel(self, source: Source) -> Kernel:
        """Return the compiled kernel; cuda.core keeps it on the disk, too. Nothing is fused, nothing is approximate."""
        if source not in self.kernels:
            options = ProgramOptions(std="c++17", arch=f"sm_{self.card.arch}", fma=False, ftz=False, prec_div=True)
            with FileStreamProgramCache() as kept:
                code = Program(source.text, "c++", options).compile("cubin", cache=kept)
            kernel = code.get_kernel("train")
            (error,) = driver.cuKernelSetAttribute(SHARED, source.shared, kernel.handle, self.card.device_id)
            if error != driver.CUresult.CUDA_SUCCESS:
                raise RuntimeError(f"the card refuses {source.shared} bytes of shared memory: {error}")
            self.kernels[source] = kernel
        return self.kernels[source]

    def compiled(self, source: Source) -> Callable[[int, int], None]:
        """Return a function that launches a kernel, given its blocks and the address of its orders, and waits."""
        kernel = self.kernel(source)

        def run(blocks: int, orders: int) -> None:
            torch.cuda.synchronize(self.device)  # what was put is there
            config = LaunchConfig(grid=blocks, block=source.threads, shmem_size=source.shared)
            launch(self.stream, config, kernel, orders)
            self.stream.sync()

        return run

    def blocks(self, source: Source) -> int:
        """Return the most blocks of a kernel that are at work at once."""
        fit = self.kernel(source).occupancy.max_active_blocks_per_multiprocessor(source.threads, source.shared)
        return int(fit) * int(self.card.properties.multiprocessor_count)
