/**
 * The second learning procedure, in the place of the backward pass: hidden units are told what to be (L pp. 24-27).
 */

/** @typedef {import("./pass.js").Pass} Pass */
/** @typedef {import("./pass.js").Numbers} Numbers */

/**
 * Compute the signal of every unit in the cases from `from` on and before `to`, from the wishes of the units it feeds.
 *
 * A wish says both at once: its sign the state that is desired, its size how much that matters.
 * @param {Pass} pass
 * @param {Numbers} w
 * @param {Numbers} told  the signals of the outputs of all cases, one after the other
 * @param {Uint8Array} isOn  which outputs are to be on
 * @param {Numbers} s  the weight of each case in the error, 0 for one that is held out
 * @param {number} from
 * @param {number} to
 */
export function tell(pass, w, told, isOn, s, from, to) {
  const { y, signal, net, arithmetic: { fma, round, Numbers } } = pass;
  const { nUnits, nInputs, outputs, bySource, target, parameter, outOf } = net;
  const wish = new Numbers(nUnits);
  for (let c = from; c < to; c++) {
    const row = c * nUnits;
    for (let i = nUnits - 1; i > nInputs; i--) {
      const o = outputs.indexOf(i);
      if (o >= 0) {
        wish[i] = isOn[c * outputs.length + o] ? 1 : -1;
        signal[row + i] = told[c * outputs.length + o];
        continue;
      }
      let total = -0, size = -0;
      for (let n = outOf[i]; n < outOf[i + 1]; n++) {
        const weight = w[parameter[bySource[n]]], wished = wish[target[bySource[n]]];
        total = fma(weight, wished, total);
        size = fma(Math.abs(weight), Math.abs(wished), size);
      }
      wish[i] = size > 0 ? total / size : 0;
      const apart = round(y[row + i] - (wish[i] > 0 ? 1 : 0));
      signal[row + i] = round(apart * Math.abs(wish[i])) * s[c];
    }
  }
}
