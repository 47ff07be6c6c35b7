/**
 * a b + c in whole numbers of any length: slow, for numbers so large or so small that fma.js is not exact there.
 */

const SIGNIFICANT = 53;
/** The exponent of the last bit of the smallest numbers. */
const LOWEST = -1074;

/**
 * Return a b + c in float64, rounded once, of any three numbers.
 * @param {number} a
 * @param {number} b
 * @param {number} c
 * @returns {number}
 */
export function exactFma(a, b, c) {
  if (a === 0 || b === 0 || !Number.isFinite(a) || !Number.isFinite(b)) return a * b + c;
  if (!Number.isFinite(c)) return c;
  const [aWhole, aTwos] = parts(a), [bWhole, bTwos] = parts(b), [cWhole, cTwos] = parts(c);
  const twos = Math.min(aTwos + bTwos, cTwos);
  const whole = (aWhole * bWhole << BigInt(aTwos + bTwos - twos)) + (cWhole << BigInt(cTwos - twos));
  return whole < 0n ? -nearest(-whole, twos) : nearest(whole, twos);
}

const view = new DataView(new ArrayBuffer(8));

/**
 * Return a finite number as a whole number and the power of two to multiply it by.
 * @param {number} number
 * @returns {[bigint, number]}
 */
function parts(number) {
  view.setFloat64(0, number);
  const bits = view.getBigUint64(0);
  const exponent = Number(bits >> 52n & 0x7ffn), fraction = bits & 0xfffffffffffffn;
  const whole = exponent ? fraction | 1n << 52n : fraction;
  return [number < 0 ? -whole : whole, Math.max(exponent, 1) + LOWEST - 1];
}

/**
 * Return the float64 nearest to whole 2^twos, ties to even; whole is 0 or positive.
 * @param {bigint} whole
 * @param {number} twos
 * @returns {number}
 */
function nearest(whole, twos) {
  const tooMany = Math.max(whole.toString(2).length - SIGNIFICANT, LOWEST - twos);
  if (tooMany > 0) {
    const half = 1n << BigInt(tooMany - 1), cut = whole & 2n * half - 1n;
    whole >>= BigInt(tooMany);
    if (cut > half || (cut === half && whole & 1n)) whole += 1n;
    twos += tooMany;
  }
  let result = Number(whole);
  for (; twos < -1000; twos += 1000) result *= 2 ** -1000; // no step is rounded, as the last is a float64
  for (; twos > 1000; twos -= 1000) result *= 2 ** 1000;
  return result * 2 ** twos;
}
