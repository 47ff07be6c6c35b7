/**
 * Philox 4x64 with ten rounds: random words from a key and a counter (J. Salmon et al., Random123, 2011).
 *
 * The words of a seed depend on nothing else, so that a seed is the same alone, in any batch, on any machine.
 */

const ROUNDS = 10;
const [MULTIPLY_0, MULTIPLY_1] = [0xd2e7470ee14c6c93n, 0xca5a826395121157n];
const [ADD_0, ADD_1] = [0x9e3779b97f4a7c15n, 0xbb67ae8584caa73bn];
const WORD = 64n, MASK = (1n << WORD) - 1n;

/**
 * Return the four words of 64 bits of one block, whose counter is (counter, 0, 0, 0) and whose key is (seed, 0).
 * @param {bigint} seed
 * @param {bigint} counter
 * @returns {[bigint, bigint, bigint, bigint]}
 */
export function philox(seed, counter) {
  let [c0, c1, c2, c3] = [counter, 0n, 0n, 0n];
  let [k0, k1] = [seed, 0n];
  for (let round = 0; round < ROUNDS; round++) {
    const product0 = MULTIPLY_0 * c0, product1 = MULTIPLY_1 * c2;
    [c0, c1, c2, c3] = [product1 >> WORD ^ c1 ^ k0, product1 & MASK, product0 >> WORD ^ c3 ^ k1, product0 & MASK];
    [k0, k1] = [k0 + ADD_0 & MASK, k1 + ADD_1 & MASK];
  }
  return [c0, c1, c2, c3];
}

/**
 * Return n numbers from -1 to 1 that a seed draws: number k comes of word k, and the counter begins at 1.
 * @param {number} seed  a whole number; any other is refused by an Error
 * @param {number} n
 * @returns {Float64Array}
 */
export function draws(seed, n) {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new Error(`seed must be a whole number from 0 to 2^53 - 1, was ${seed}`);
  }
  const found = new Float64Array(n);
  for (let k = 0; k < n; k += 4) {
    const block = philox(BigInt(seed), BigInt(1 + k / 4));
    for (let word = 0; word < Math.min(4, n - k); word++) {
      const u = Number(block[word] >> 11n) * 2 ** -53;
      found[k + word] = -1 + 2 * u;
    }
  }
  return found;
}
