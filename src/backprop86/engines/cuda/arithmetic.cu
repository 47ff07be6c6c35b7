// What engines/arithmetic.py says of single numbers. The compiler fuses nothing by itself: an fma is where it is written.

#define DEVICE static __device__ __forceinline__

// 2^k from SHIFT + k, whose last bits are k
DEVICE real power_of_two(real shifted) {
#if IS_FLOAT
  return __int_as_float(((unsigned)__float_as_int(shifted) << 23) + (127u << 23));
#else
  return __longlong_as_double(((unsigned long long)__double_as_longlong(shifted) << 52) + (1023ull << 52));
#endif
}

// y = 1 / (1 + e^-x): equation 2
DEVICE real logistic(real x) {
  const real taylor[] = {TAYLOR};
  real z = -x;
  z = z < -LARGEST ? -LARGEST : z > LARGEST ? LARGEST : z;  // NaN stays NaN
  const real shifted = fma(z, LOG2_E, SHIFT), k = shifted - SHIFT;
  const real r = fma(k, -LN_2_REST, fma(k, -LN_2, z));
  real p = taylor[0];
#pragma unroll
  for (int n = 1; n <= DEGREE; ++n) p = fma(p, r, taylor[n]);
  return 1 / (1 + p * power_of_two(shifted));
}

// A sum and one product more; an input that is 0 is left out
DEVICE real with_input(real sum, real w, real y) { return y == 0 ? sum : fma(w, y, sum); }

// y - t of an output, or what a dead zone leaves of it: equation 4
DEVICE real miss_of(const Job &job, real y, bool is_on) {
  const real edge = is_on ? job.zone_on : job.zone_off, target = is_on ? job.target_on : job.target_off;
  if (DEAD_ZONE && (is_on ? y > edge : y < edge)) return 0;
  return y - (DEAD_ZONE == FROM_EDGE ? edge : target);
}

DEVICE bool is_beyond(real y, bool is_on, double on, double off) { return is_on ? y > (real)on : y < (real)off; }

DEVICE bool is_finite(real number) { return number - number == 0; }
