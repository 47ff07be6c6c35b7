/**
 * The nets that do the same as a printed net: a reader should compare like with like.
 *
 * Hidden units can change places. A hidden unit can be inverted, for 1 − y is the logistic of −x: the weights into it
 * and out of it take the other sign, and the units that it feeds add its old weight to their bias. The same can be done
 * with inputs, where the problem allows it: XOR stays XOR if both inputs are exchanged, or both are inverted. The form
 * then does for a case what the printed net does for another case with the same desired outputs.
 */

/** @typedef {import("../../engine/replay.js").Wiring} Wiring */

/** Distances are equal if they differ by less: turned weights are rounded. */
const EQUAL = 1e-9;

/**
 * @typedef {object} Form
 * @property {Float64Array} w  in the order of the printed weights
 * @property {number[]} caseOf  for each case, the case for which the printed net has the same outputs
 * @property {number[]} place  of each printed unit
 * @property {number[]} sign  of each printed unit, −1: inverted
 */

/**
 * @typedef {object} Symmetry  of a problem: the printed net's input i reads input order[i], inverted or not
 * @property {number[]} order
 * @property {number[]} sign  −1: inverted
 * @property {number[]} caseOf
 */

/**
 * Return every form of a net with one hidden layer, or without, the least changed first; of any other net, the printed
 * form alone.
 * @param {Wiring} wiring
 * @param {{inputs: number[][], desired: number[][]}} cases
 * @param {number[]} printed
 * @returns {Form[]}
 */
export function formsOf(wiring, cases, printed) {
  const { units, n_inputs: nInputs, levels, source, n_weights: nWeights, has_gains: hasGains } = wiring;
  const caseOf = [...cases.inputs.keys()], every = [...units.keys()];
  const same = { w: Float64Array.from(printed), caseOf, place: every, sign: units.map(() => 1) };
  if (levels.length > 2 || hasGains || nWeights !== source.length) return [same];
  const hidden = every.slice(1 + nInputs, levels.at(-1)), found = [], number = numbersOf(wiring);
  for (const { order, sign: ofInputs, caseOf } of symmetriesOf(cases)) {
    for (const places of permutations(hidden)) {
      for (const ofHidden of signs(hidden.length)) {
        const place = [...every], sign = units.map(() => 1);
        order.forEach((to, i) => ([place[1 + i], sign[1 + i]] = [1 + to, ofInputs[i]]));
        hidden.forEach((unit, k) => ([place[unit], sign[unit]] = [places[k], ofHidden[k]]));
        found.push({ w: turned(wiring, number, printed, place, sign), caseOf, place, sign });
      }
    }
  }
  const changes = ({ place, sign }) => place.filter((to, unit) => to !== unit || sign[unit] < 0).length;
  return found.sort((a, b) => changes(a) - changes(b));
}

/**
 * Return the form that is nearest to some weights, by the sum of the distances; of equals, the first.
 * @param {Form[]} forms
 * @param {ArrayLike<number>} w
 */
export function nearest(forms, w) {
  let best = forms[0], least = Infinity;
  for (const form of forms) {
    let far = 0;
    for (let k = 0; k < form.w.length && far < least - EQUAL; k++) far += Math.abs(form.w[k] - w[k]);
    if (far < least - EQUAL) [best, least] = [form, far];
  }
  return best;
}

/** Return the number of the weight from unit i to unit j, at j U + i. */
function numbersOf({ units, source, target, parameter }) {
  const number = new Int32Array(units.length ** 2);
  source.forEach((i, k) => (number[target[k] * units.length + i] = parameter[k]));
  return number;
}

/** Return the weights of the net in which each unit has a new place, and is inverted if its sign is −1. */
function turned({ units, source, target, parameter }, number, w, place, sign) {
  const found = new Float64Array(w.length);
  source.forEach((i, k) => {
    const row = place[target[k]] * units.length, value = sign[target[k]] * w[parameter[k]];
    found[number[row + place[i]]] += sign[i] * value;
    if (sign[i] < 0) found[number[row]] += value;
  });
  return found;
}

/**
 * Return each order of the inputs, some of them inverted, that leaves the desired outputs of all cases as they are.
 * @param {{inputs: number[][], desired: number[][]}} cases
 * @returns {Symmetry[]}
 */
function symmetriesOf({ inputs, desired }) {
  const n = inputs[0].length, code = (bits) => bits.reduce((all, bit, i) => all + bit * 2 ** i, 0);
  const places = new Map(inputs.map((bits, c) => [code(bits), c])), wanted = desired.map((one) => one.join());
  const found = [], every = signs(n);
  for (const order of permutations([...Array(n).keys()])) {
    for (const sign of every) {
      const caseOf = [];
      for (let c = 0; c < inputs.length; c++) {
        let asked = 0;
        for (let i = 0; i < n; i++) asked += 2 ** i * (sign[i] < 0 ? 1 - inputs[c][order[i]] : inputs[c][order[i]]);
        const there = places.get(asked);
        if (there === undefined || wanted[there] !== wanted[c]) break;
        caseOf.push(there);
      }
      if (caseOf.length === inputs.length) found.push({ order, sign, caseOf });
    }
  }
  return found;
}

/**
 * @param {number[]} things
 * @returns {number[][]}
 */
function permutations(things) {
  if (things.length < 2) return [things];
  return things.flatMap((one, k) => permutations(things.filter((_, n) => n !== k)).map((rest) => [one, ...rest]));
}

/** Return every list of n signs; the first has no −1. */
function signs(n) {
  return [...Array(2 ** n).keys()].map((code) => [...Array(n).keys()].map((k) => ((code >> k) & 1 ? -1 : 1)));
}

/**
 * Return what was turned, in words; none: the form is as printed.
 * @param {Wiring} wiring
 * @param {Form} form
 */
export function inWords({ units, n_inputs: nInputs }, { place, sign }) {
  const every = [...units.keys()], isMoved = (unit) => place[unit] !== unit;
  const inverted = every.filter((unit) => sign[unit] < 0).map((unit) => place[unit]).sort((a, b) => a - b);
  return [
    ...(every.slice(0, 1 + nInputs).some(isMoved) ? ["inputs in another order"] : []),
    ...(every.slice(1 + nInputs).some(isMoved) ? ["hidden units in another order"] : []),
    ...(inverted.length ? [`${inverted.map((unit) => units[unit]).join(", ")} inverted`] : []),
  ];
}
