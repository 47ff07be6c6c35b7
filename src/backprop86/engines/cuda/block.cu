// A block of threads trains a seed. They share out the units of a level in all cases, and then the weights; where one
// needs what another has computed, they wait for each other. The wiring is read from tables.

#define EACH(k, n) for (int k = threadIdx.x; k < (n); k += blockDim.x)
#define EVERY(k, n) for (int k = 0; k < (n); ++k)
#define SLOT ((long long)blockIdx.x)
#define IS_FIRST (threadIdx.x == 0)
#define ALL(yes) __syncthreads_and(yes)
#define BARRIER __syncthreads();

struct State {
  real *w, *last_change, *dE_dw;           // of each parameter
  real *y, *dE_dx, *x, *signal, *wish;     // of each unit in each case: place (unit, case) is unit * STRIDE + case
  real *errors;                            // E of each case, and of all
  long long *next;                         // the seed that comes next
  real scale, E;
  bool meets, is_right, is_finite;
};

#define AT(unit, c) ((unit) * STRIDE + (c))

extern __shared__ real shared[];

DEVICE State opened(const Job &job) {
  State s = State();
  PLACES
  EACH(k, (1 + N_INPUTS) * N_CASES) {
    const int unit = k / N_CASES, c = k % N_CASES;
    s.y[AT(unit, c)] = unit ? (real)job.inputs[c * N_INPUTS + unit - 1] : (real)1;
  }
  BARRIER
  return s;
}

DEVICE void begin(const Job &job, State &s, long long seed) {}

DEVICE bool is_trained(const Job &job, const State &s, long long seed, int c) {
  return !HAS_HELD_OUT || job.counted[seed * N_CASES + c] > 0;
}

DEVICE long long taken(const Job &job, State &s) {
  if (IS_FIRST) *s.next = atomicAdd(job.next, 1ull);
  BARRIER
  const long long seed = *s.next;
  BARRIER
  return seed;
}

// A thread takes a unit in up to AT_A_TIME cases, so that what it reads of the wiring serves them all. There are then
// so many groups of cases, and one of them has every n_groups-th case
#define AT_A_TIME 4
#define N_GROUPS(first, last) (((last) - (first) + AT_A_TIME - 1) / AT_A_TIME)
#define IN_CASES(e, c) \
  _Pragma("unroll") for (int e = 0, c = first + item % n_groups; e < AT_A_TIME; ++e, c += n_groups) if (c < last)

// Equations 1 and 2
DEVICE void forward(const Job &job, State &s, int first, int last) {
  const int n_groups = N_GROUPS(first, last);
  for (int level = 0; level < N_LEVELS; ++level) {
    EACH(item, (job.levels[level + 1] - job.levels[level]) * n_groups) {
      const int j = job.levels[level] + item / n_groups;
      real x[AT_A_TIME];
      IN_CASES(e, c) x[e] = -0.0;
      for (int k = job.into[j]; k < job.into[j + 1]; ++k) {
        const int i = job.source[k];
        const real w = s.w[job.parameter[k]];
        IN_CASES(e, c) {
          const real y = s.y[AT(i, c)];
          x[e] = i <= N_INPUTS ? with_input(x[e], w, y) : fma(w, y, x[e]);
        }
      }
      IN_CASES(e, c) {
        if (HAS_GAINS) s.x[AT(j, c)] = x[e];
        s.y[AT(j, c)] = logistic(HAS_GAINS ? x[e] * s.w[N_WEIGHTS + level] : x[e]);
      }
    }
    BARRIER
  }
}

// Equations 3 and 4: E of each case, and dE/dy of the outputs, which stands where dE/dx will
DEVICE void compare(const Job &job, State &s, long long seed, int first, int last) {
  bool meets = true, is_right = true;
  EACH(n, last - first) {
    const int c = first + n;
    const real counts = is_trained(job, s, seed, c) ? 1 : 0;
    real E_c = 0;
    for (int o = 0; o < N_OUTPUTS; ++o) {
      const int place = AT(job.outputs[o], c);
      const bool is_on = job.desired[c * N_OUTPUTS + o] > 0.5;
      const real y = s.y[place], miss = miss_of(job, y, is_on) * counts;
      E_c = fma((real)0.5 * miss, miss, E_c);
      s.signal[place] = s.dE_dx[place] = miss * s.scale;
      meets &= counts == 0 || is_beyond(y, is_on, job.on, job.off);
      is_right &= counts == 0 || is_beyond(y, is_on, 0.5, 0.5);
    }
    s.errors[c] = E_c;
    meets &= E_c < (real)job.case_error;
  }
  s.meets = ALL(meets);
  s.is_right = ALL(is_right);
}

// Equations 7 and 5, from the last level to the first
DEVICE void backward(const Job &job, State &s, int first, int last) {
  const int n_groups = N_GROUPS(first, last);
  for (int level = N_LEVELS - 1; level >= 0; --level) {
    EACH(item, (job.levels[level + 1] - job.levels[level]) * n_groups) {
      const int i = job.levels[level] + item / n_groups;
      real dE_dy[AT_A_TIME];
      const bool is_output = job.is_output[i];
      IN_CASES(e, c) dE_dy[e] = is_output ? s.dE_dx[AT(i, c)] : (real)-0.0;
      for (int k = job.out_of[i]; k < job.out_of[i + 1]; ++k) {
        const int j = job.target[k];
        const real w = s.w[job.parameter_out[k]];
        IN_CASES(e, c) dE_dy[e] = fma(w, s.signal[AT(j, c)], dE_dy[e]);
      }
      IN_CASES(e, c) {
        const real y = s.y[AT(i, c)];
        const real dE_dx = SLOPED || !is_output ? dE_dy[e] * y * (1 - y) : dE_dy[e];
        s.dE_dx[AT(i, c)] = dE_dx;
        if (HAS_GAINS) s.signal[AT(i, c)] = dE_dx * s.w[N_WEIGHTS + level];
      }
    }
    BARRIER
  }
}

// The second procedure: the signal of a unit, from what the units that it feeds wish it to be (L pp. 24-27)
DEVICE void wish(const Job &job, State &s, long long seed, int first, int last) {
  const int n_groups = N_GROUPS(first, last);
  for (int level = N_LEVELS - 1; level >= 0; --level) {
    EACH(item, (job.levels[level + 1] - job.levels[level]) * n_groups) IN_CASES(e, c) {
      const int i = job.levels[level] + item / n_groups;
      real S = -0.0, A = -0.0;
      for (int k = job.out_of[i]; k < job.out_of[i + 1]; ++k) {
        const real w = s.w[job.parameter_out[k]], wished = s.wish[AT(job.target[k], c)];
        S = fma(w, wished, S);
        A = fma(fabs(w), fabs(wished), A);
      }
      const int o = job.is_output[i] - 1;  // its number, or -1
      const real wished = o >= 0 ? (job.desired[c * N_OUTPUTS + o] > 0.5 ? 1 : -1) : A > 0 ? S / A : 0;
      s.wish[AT(i, c)] = wished;
      if (o < 0) {
        const real counts = is_trained(job, s, seed, c) ? s.scale : 0;
        s.signal[AT(i, c)] = (s.y[AT(i, c)] - (wished > 0 ? 1 : 0)) * fabs(wished) * counts;
      }
    }
    BARRIER
  }
}

// Equation 6 for one weight: CASES_AT_ONCE cases at a time, of these each of its connections in turn
DEVICE real sum_over_cases(const Job &job, const State &s, int p, int first, int last) {
  real sum = -0.0;
  for (int start = first; start < last; start += CASES_AT_ONCE)
    for (int n = job.of_parameter[p]; n < job.of_parameter[p + 1]; ++n) {
      const int k = job.connection[n], i = job.source[k], j = job.target_into[k];
      const int end = start + CASES_AT_ONCE < last ? start + CASES_AT_ONCE : last;
      for (int c = start; c < end; ++c) {
        const real y = s.y[AT(i, c)], signal = s.signal[AT(j, c)];
        sum = i <= N_INPUTS ? with_input(sum, signal, y) : fma(signal, y, sum);
      }
    }
  return sum;
}

// dE/dG of a level, in the same order
DEVICE real sum_for_gain(const Job &job, const State &s, int level, int first, int last) {
  real sum = -0.0;
  for (int start = first; start < last; start += CASES_AT_ONCE)
    for (int j = job.levels[level]; j < job.levels[level + 1]; ++j)
      for (int c = start; c < start + CASES_AT_ONCE && c < last; ++c) sum = fma(s.dE_dx[AT(j, c)], s.x[AT(j, c)], sum);
  return sum;
}

DEVICE real sum_of_errors(const State &s, int first, int last) {
  real E = 0;
  for (int c = first; c < last; ++c) E = fma(s.errors[c], s.scale, E);
  return E;
}

// dE/dw and E of some cases
DEVICE void gradient(const Job &job, State &s, long long seed, int first, int last) {
  forward(job, s, first, last);
  compare(job, s, seed, first, last);
  if (DESIRED_STATES) {
    wish(job, s, seed, first, last);
  } else {
    backward(job, s, first, last);
  }
  EACH(p, N_PARAMETERS + 1) {
    if (p < N_WEIGHTS) s.dE_dw[p] = sum_over_cases(job, s, p, first, last);
    else if (p < N_PARAMETERS) s.dE_dw[p] = sum_for_gain(job, s, p - N_WEIGHTS, first, last);
    else s.errors[N_CASES] = sum_of_errors(s, first, last);
  }
  BARRIER
  s.E = s.errors[N_CASES];
}
