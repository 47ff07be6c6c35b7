"""Machine code from LLVM's language, for the processor at hand, kept like all that is compiled."""

from functools import cache
from hashlib import sha256

from llvmlite import binding

from backprop86.engines.compiling import VERSIONS, keep, kept
from backprop86.engines.vectors import FEATURES, PROCESSOR

IN_MEMORY: list[binding.ExecutionEngine] = []
"""The compiled programs, which must stay there."""


@cache
def address_of(name: str, text: str) -> int:
    """Return the address of the function of that name in a program, which is compiled if it has not been kept."""
    key = repr((text, PROCESSOR, FEATURES, VERSIONS))
    file = f"{name}-{sha256(key.encode()).hexdigest()[:16]}.kernel"
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_default_triple().create_target_machine(PROCESSOR, FEATURES, opt=2)
    engine = binding.create_mcjit_compiler(binding.parse_assembly(text), machine)
    engine.set_object_cache(lambda module, code: keep(file, key, code), lambda module: kept(file, key) or None)
    engine.finalize_object()
    IN_MEMORY.append(engine)
    return int(engine.get_function_address(name))
