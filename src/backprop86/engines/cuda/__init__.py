"""The CUDA engine: whole runs on an NVIDIA card, in a kernel that is written for each network."""
