"""A processor that plays a graphics card: the kernel's source, built by a C++ compiler and run with real threads."""

import ctypes
import hashlib
import shutil
import subprocess

import numpy as np

COMPILER = next((path for name in ("g++", "clang++", "c++") if (path := shutil.which(name))), None)
PRELUDE = """
#include <pthread.h>
#include <string.h>
#define __device__
#define __global__
#define __constant__
#define __forceinline__ inline
#define __shared__
struct Place { unsigned x; };
static Place blockIdx, blockDim;
static thread_local Place threadIdx;
static pthread_barrier_t barrier;
static int yes[2];
static void __syncthreads() { if (blockDim.x > 1) pthread_barrier_wait(&barrier); }
static bool __syncthreads_and(bool mine) {
  if (blockDim.x == 1) return mine;
  static thread_local int turn;
  turn ^= 1;
  __atomic_store_n(&yes[turn], 1, __ATOMIC_SEQ_CST);
  __syncthreads();
  if (!mine) __atomic_store_n(&yes[turn], 0, __ATOMIC_SEQ_CST);
  __syncthreads();
  return __atomic_load_n(&yes[turn], __ATOMIC_SEQ_CST);
}
static unsigned long long atomicAdd(unsigned long long *place, unsigned long long more) {
  return __atomic_fetch_add(place, more, __ATOMIC_SEQ_CST);
}
static inline double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
static inline float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
static inline double fabs(double a) { return __builtin_fabs(a); }
static inline float fabs(float a) { return __builtin_fabsf(a); }
template <class To, class From> static inline To same_bits(From from) {
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}
static inline long long __double_as_longlong(double a) { return same_bits<long long>(a); }
static inline double __longlong_as_double(long long a) { return same_bits<double>(a); }
static inline int __float_as_int(float a) { return same_bits<int>(a); }
static inline float __int_as_float(int a) { return same_bits<float>(a); }
"""
LAUNCH = """
alignas(64) real shared[SHARED];
struct Task { const Job *job; unsigned thread; };
static void *in_thread(void *given) {
  const Task *task = (const Task *)given;
  threadIdx.x = task->thread;
  train(task->job);
  return nullptr;
}
extern "C" void launch(const Job *job, unsigned blocks, unsigned threads, bool at_once) {
  blockDim.x = threads;
  for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x) {
    pthread_t handles[1024];
    Task tasks[1024];
    pthread_barrier_init(&barrier, nullptr, threads);
    for (unsigned n = 0; n < threads; ++n) {
      tasks[n] = {job, n};
      if (at_once) pthread_create(&handles[n], nullptr, in_thread, &tasks[n]);
      else in_thread(&tasks[n]);
    }
    for (unsigned n = 0; at_once && n < threads; ++n) pthread_join(handles[n], nullptr);
    pthread_barrier_destroy(&barrier);
  }
}
"""


class Kept:
    """An array in this process's memory."""

    def __init__(self, array):
        self.array = np.array(array, order="C")
        self.address = self.array.ctypes.data

    def read(self):
        return self.array


class Host:
    """The machine. threads: those of a block that trains a seed, which all run at once; most_shared: as of a card."""

    def __init__(self, folder, threads=1, most_shared=100_000, flags=("-O1",), blocks=2):
        self.folder, self.threads, self.most_shared, self.flags, self.most = folder, threads, most_shared, flags, blocks

    def put(self, array):
        return Kept(array)

    def blocks(self, source):
        return self.most

    def compiled(self, source):
        text = f"{PRELUDE}{source.text}\n#define SHARED {max(1, source.shared)}\n{LAUNCH}"
        name = hashlib.sha256(repr((text, self.flags)).encode()).hexdigest()[:16]
        program = self.folder / f"{name}.so"
        if not program.exists():
            place = self.folder / f"{name}.cpp"
            place.write_text(text)
            flags = [
                "-std=c++17",
                "-fPIC",
                "-shared",
                "-ffp-contract=off",
                "-march=native",
                "-Wno-unknown-pragmas",
                *self.flags,
            ]
            subprocess.run([COMPILER, *flags, place, "-o", program, "-lpthread"], check=True)
        function = ctypes.CDLL(str(program)).launch
        by_thread = source.seeds > 1
        threads = source.threads if by_thread else self.threads

        def launch(blocks, address):
            function(
                ctypes.c_void_p(address),
                ctypes.c_uint(blocks),
                ctypes.c_uint(threads),
                ctypes.c_bool(not by_thread and threads > 1),
            )

        return launch
