// A thread trains a seed, with all its numbers in registers: every loop over weights is unrolled.

#define EACH(k, n) _Pragma("unroll") for (int k = 0; k < (n); ++k)
#define EVERY EACH
#define SLOT (blockIdx.x * (long long)blockDim.x + threadIdx.x)
#define IS_FIRST true
#define ALL(yes) (yes)
#define BARRIER

struct State {
  real w[N_PARAMETERS], last_change[N_PARAMETERS], dE_dw[N_PARAMETERS];
  real scale, E;             // scale: s of arithmetic.py
  bool meets, is_right;      // the criterion; every output is on the right side of 0.5
  bool is_finite;            // every weight is
  unsigned long long trained;  // a bit for each case
};

DEVICE State opened(const Job &job) { return State(); }

DEVICE void begin(const Job &job, State &s, long long seed) {
  s.trained = ~0ull;
  if (HAS_HELD_OUT) {
    s.trained = 0;
    for (int c = 0; c < N_CASES; ++c) s.trained |= (unsigned long long)(job.counted[seed * N_CASES + c] > 0) << c;
  }
}

DEVICE bool is_trained(const Job &job, const State &s, long long seed, int c) { return !HAS_HELD_OUT || s.trained >> c & 1; }

DEVICE long long taken(const Job &job, State &s) { return atomicAdd(job.next, 1ull); }

// Equations 3 and 4 of one output: return dE/dy, and add to the error of its case
DEVICE real output(const Job &job, State &s, real &E_c, real y, bool is_on, real counts) {
  const real miss = miss_of(job, y, is_on) * counts;
  E_c = fma((real)0.5 * miss, miss, E_c);
  s.meets &= counts == 0 || is_beyond(y, is_on, job.on, job.off);
  s.is_right &= counts == 0 || is_beyond(y, is_on, 0.5, 0.5);
  return miss * s.scale;
}

// E of all cases, once E of one is known
DEVICE void add(const Job &job, State &s, real E_c) {
  s.E = fma(E_c, s.scale, s.E);
  s.meets &= E_c < (real)job.case_error;
}
