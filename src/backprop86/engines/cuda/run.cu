// Whole runs: a slot trains one seed after another, as engines/reference.py defines it, until there are none left.

struct Now {                                    // the seed in a slot
  long long seed, sweep, due;                   // due: the sweep at which it must be looked at
  long long point;                              // the number of its next checkpoint
  bool looks, looks_right;                      // until the criterion is first met; likewise the right side of 0.5
  real epsilon, alpha, keep, shrink, of_gains;  // of its next change
};

DEVICE void keep_weights(const State &s, double *rows, long long row) {
  EACH(p, N_PARAMETERS) rows[row * N_PARAMETERS + p] = s.w[p];
}

// The rates of the next sweep, and the sweep at which something may happen that no change of the weights brings about
DEVICE void plan(const Job &job, Now &now) {
  const bool opening = now.sweep < job.opening_sweeps, late = !opening && now.sweep >= job.late_sweep;
  const double *rates = job.rates + N_RATES * now.seed;
  const double alpha = rates[opening ? OPENING_ALPHA : late ? LATE_ALPHA : ALPHA];
  const double epsilon = rates[opening ? OPENING_EPSILON : late ? LATE_EPSILON : EPSILON];
  const double given = rates[late ? LATE_DECAY : DECAY], decay = DECAY_WAITS && now.looks ? 0 : given;
  const double times = job.cases[now.seed];
  now.epsilon = epsilon * times;
  now.alpha = alpha;
  now.keep = DECAY_IN == IN_WEIGHTS ? 1 - decay : 1;
  now.shrink = DECAY_IN == IN_CHANGE ? decay : decay * (1 - alpha);
  now.of_gains = job.gain_epsilon * times;
  now.due = job.checkpoints[now.point];
  for (int m = 0; m < job.n_moments; ++m)
    if (job.moments[m] > now.sweep && job.moments[m] < now.due) now.due = job.moments[m];
  const long long until = job.until[now.seed];
  if (until > now.sweep && until < now.due) now.due = until;
  if (opening && job.opening_sweeps < now.due) now.due = job.opening_sweeps;
  if (!opening && !late && job.late_sweep < now.due) now.due = job.late_sweep;
}

// Equation 9, decay, and the limits of weights
DEVICE void change(const Job &job, State &s, const Now &now) {
  EACH(p, N_WEIGHTS) {
    const real epsilon = HAS_SHARES ? now.epsilon * (real)job.share[p] : now.epsilon;
    real delta = fma(now.alpha, s.last_change[p], -(epsilon * s.dE_dw[p]));
    if (DECAY_IN != IN_WEIGHTS) delta = fma(-now.shrink, s.w[p], delta);
    real w = (s.w[p] + delta) * now.keep;
    if (HAS_LIMITS) w = (real)job.largest[p] < w ? (real)job.largest[p] : w;
    s.last_change[p] = delta;
    s.w[p] = w;
    s.is_finite &= is_finite(w);
  }
#if HAS_GAINS
  EACH(level, N_LEVELS) {
    real &G = s.w[N_WEIGHTS + level];
    G = fma(-now.of_gains, s.dE_dw[N_WEIGHTS + level], G);
    s.is_finite &= is_finite(G);
  }
#endif
  BARRIER
}

DEVICE void sweep(const Job &job, State &s, const Now &now) {
#if BY_CASE
  for (int c = 0; c < N_CASES; ++c) {
    if (!is_trained(job, s, now.seed, c)) continue;
    gradient(job, s, now.seed, c, c + 1);
    change(job, s, now);
  }
#else
  change(job, s, now);
#endif
}

// A point on the curves
DEVICE void draw(const Job &job, const State &s, Now &now) {
  const long long place = now.seed * job.n_checkpoints + now.point;
  if (IS_FIRST) job.error_curve[place] = s.E;
  EACH(level, N_LEVELS) {
    double sum = 0;
    EVERY(p, N_WEIGHTS) {
      const double dE_dw = s.dE_dw[p];
      if (LEVELS[p] == level) sum = fma(dE_dw, dE_dw, sum);
    }
    job.gradient_curve[place * N_LEVELS + level] = sum;
  }
  if (now.point < job.n_checkpoints - 1) now.point += 1;
}

// Record what the weights do; true if the seed is done
DEVICE bool look(const Job &job, State &s, Now &now, bool meets, bool diverged) {
  const long long seed = now.seed, t = now.sweep;
  if (!diverged && meets && now.looks) {
    if (IS_FIRST) job.sweeps[seed] = t;
    now.looks = false;
    keep_weights(s, job.w_learned, seed);
  }
  if (!diverged && s.is_right && now.looks_right) {
    if (IS_FIRST) job.right_side[seed] = t;
    now.looks_right = false;
  }
  for (int m = 0; m < job.n_moments; ++m)
    if (job.moments[m] == t) keep_weights(s, job.w_at, seed * job.n_moments + m);
  if (job.checkpoints[now.point] == t) draw(job, s, now);
  const bool goes_on = now.looks || job.to_limit;
  if (!diverged && t < (goes_on ? job.limit : job.until[seed])) {
    plan(job, now);
    return false;
  }
  keep_weights(s, job.w, seed);
  if (IS_FIRST) {
    job.error[seed] = s.E;
    job.stopped[seed] = t;
    job.diverged[seed] = diverged;
  }
  return true;
}

// Give a slot to the next seed; false if there is none
DEVICE bool start(const Job &job, State &s, Now &now) {
  now = {taken(job, s), 0, 0, 0, true, true, 0, 0, 1, 0, 0};
  if (now.seed >= job.seeds) return false;
  s.scale = job.scale[now.seed];
  s.is_finite = true;
  begin(job, s, now.seed);
  EACH(p, N_PARAMETERS) {
    s.w[p] = job.w0[now.seed * N_PARAMETERS + p];
    s.last_change[p] = 0;
    s.is_finite &= is_finite(s.w[p]);
  }
  BARRIER
  return true;
}

// A launch ends after some steps, so that somebody may stop it: what a slot holds is kept from one launch to the next
#define KEPT(which, p) job.state[((which) * N_PARAMETERS + (p)) * job.slots + SLOT]

DEVICE bool resume(const Job &job, State &s, Now &now) {
  const long long seed = job.when[SLOT];
  if (seed < 0) return false;
  now.seed = seed;
  now.sweep = job.when[job.slots + SLOT];
  now.point = job.when[2 * job.slots + SLOT];
  now.looks = job.sweeps[seed] < 0;
  now.looks_right = job.right_side[seed] < 0;
  s.scale = job.scale[seed];
  s.is_finite = true;
  begin(job, s, seed);
  EACH(p, N_PARAMETERS) {
    s.w[p] = KEPT(0, p);
    s.last_change[p] = KEPT(1, p);
    s.dE_dw[p] = KEPT(2, p);
  }
  plan(job, now);
  BARRIER
  return true;
}

DEVICE void rest(const Job &job, const State &s, const Now &now, bool is_in_training, unsigned long long work) {
  if (IS_FIRST) {
    job.when[SLOT] = is_in_training ? now.seed : -1;
    job.when[job.slots + SLOT] = now.sweep;
    job.when[2 * job.slots + SLOT] = now.point;
    atomicAdd(job.work, work);
  }
  EACH(p, N_PARAMETERS) {
    KEPT(0, p) = s.w[p];
    KEPT(1, p) = s.last_change[p];
    KEPT(2, p) = s.dE_dw[p];
  }
}

extern "C" __global__ void train(const Job *given) {
  const Job &job = *given;
  if (SLOT >= job.slots) return;
  State s = opened(job);
  Now now;
  bool is_in_training = resume(job, s, now);
  unsigned long long work = 0;  // sweeps done, or no longer to be done
  for (long long step = 0; step < job.steps; ++step) {
    if (is_in_training) {
      sweep(job, s, now);
      now.sweep += 1;
      work += 1;
    } else if (!(is_in_training = start(job, s, now))) {
      break;
    }
    gradient(job, s, now.seed, 0, N_CASES);
    const bool meets = s.meets && (!HAS_TOTAL_ERROR || s.E < (real)job.total_error * s.scale);
    const bool diverged = !ALL(s.is_finite) || !is_finite(s.E);
    const bool happens = diverged || (meets && now.looks) || (s.is_right && now.looks_right);
    if (!happens && now.sweep < now.due) continue;
    if (look(job, s, now, meets, diverged)) {
      is_in_training = false;
      work += job.limit - now.sweep;
    }
    BARRIER
  }
  rest(job, s, now, is_in_training, work);
}
