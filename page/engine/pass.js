/**
 * Forward and backward through a net, case by case: equations 1, 2, 5, 6 and 7 of the letter.
 *
 * Arrays hold all units of the first case, then all of the second, and so on: unit j of case c stands at c U + j.
 */

/** @typedef {import("./arithmetic.js").Arithmetic} Arithmetic */
/** @typedef {import("./net.js").Net} Net */
/** @typedef {Float64Array | Float32Array} Numbers */

export class Pass {
  /**
   * @param {Net} net
   * @param {number[][]} inputs  of each case
   * @param {Arithmetic} arithmetic
   */
  constructor(net, inputs, arithmetic) {
    this.net = net;
    this.arithmetic = arithmetic;
    this.nCases = inputs.length;
    const array = () => new arithmetic.Numbers(inputs.length * net.nUnits);
    [this.x, this.y, this.dE_dy, this.dE_dx] = [array(), array(), array(), array()];
    /** A unit's share in the change of its weights: dE/dx, unless the net has gains or another procedure. */
    this.signal = net.hasGains ? array() : this.dE_dx;
    inputs.forEach((given, c) => this.y.set([1, ...given], c * net.nUnits));
  }

  /**
   * Compute x and y of every unit in the cases from `from` on and before `to`.
   * @param {Numbers} w
   * @param {number} from
   * @param {number} to
   */
  forward(w, from, to) {
    const { x, y, net, arithmetic: { fma, round, logistic } } = this;
    const { nUnits, nInputs, nWeights, hasGains, levelOfUnit, source, parameter, into } = net;
    for (let row = from * nUnits; row < to * nUnits; row += nUnits) {
      for (let j = 1 + nInputs; j < nUnits; j++) {
        let total = -0; // so that the first term stands as it is
        for (let k = into[j]; k < into[j + 1]; k++) {
          const y_i = y[row + source[k]];
          if (y_i === 0 && source[k] <= nInputs) continue;
          total = fma(w[parameter[k]], y_i, total);
        }
        x[row + j] = total;
        y[row + j] = logistic(hasGains ? round(total * w[nWeights + levelOfUnit[j]]) : total);
      }
    }
  }

  /**
   * Compute dE/dy and dE/dx of every unit in some cases, from the last unit to the first.
   * @param {Numbers} w
   * @param {Numbers} dE_dOutputs  of all cases, one after the other
   * @param {boolean} sloped  whether dE/dx of an output has the factor y (1 - y)
   * @param {number} from
   * @param {number} to
   */
  backward(w, dE_dOutputs, sloped, from, to) {
    const { y, dE_dy, dE_dx, signal, net, arithmetic: { fma, round } } = this;
    const { nUnits, nInputs, nWeights, hasGains, levelOfUnit, outputs, bySource, target, parameter, outOf } = net;
    for (let c = from; c < to; c++) {
      const row = c * nUnits;
      dE_dy.fill(-0, row, row + nUnits);
      for (let o = 0; o < outputs.length; o++) dE_dy[row + outputs[o]] = dE_dOutputs[c * outputs.length + o];
      for (let i = nUnits - 1; i > nInputs; i--) {
        let total = dE_dy[row + i];
        for (let n = outOf[i]; n < outOf[i + 1]; n++) {
          const k = bySource[n];
          total = fma(w[parameter[k]], signal[row + target[k]], total);
        }
        dE_dy[row + i] = total;
        const y_i = y[row + i], hasSlope = sloped || !outputs.includes(i);
        dE_dx[row + i] = hasSlope ? round(total * y_i) * round(1 - y_i) : total;
        if (hasGains) signal[row + i] = dE_dx[row + i] * w[nWeights + levelOfUnit[i]];
      }
    }
  }

  /**
   * Compute dE/dw of some cases, and dE/dG after it: `atOnce` cases at a time, of these each connection in turn.
   * @param {Numbers} dE_dw  where it goes
   * @param {number} from
   * @param {number} to
   * @param {number} atOnce
   */
  gradient(dE_dw, from, to, atOnce) {
    const { y, signal, net, arithmetic: { fma } } = this;
    const { nUnits, nInputs, source, target, parameter } = net;
    dE_dw.fill(-0);
    for (let first = from; first < to; first += atOnce) {
      const start = first * nUnits, end = Math.min(first + atOnce, to) * nUnits;
      for (let k = 0; k < source.length; k++) {
        const i = source[k], j = target[k];
        let total = dE_dw[parameter[k]];
        for (let row = start; row < end; row += nUnits) {
          const y_i = y[row + i];
          if (y_i === 0 && i <= nInputs) continue;
          total = fma(signal[row + j], y_i, total);
        }
        dE_dw[parameter[k]] = total;
      }
    }
    if (net.hasGains) this.gradientOfGains(dE_dw, from, to, atOnce);
  }

  /**
   * Compute dE/dG of every level, in the same order.
   * @param {Numbers} dE_dw  ends with it
   * @param {number} from
   * @param {number} to
   * @param {number} atOnce
   */
  gradientOfGains(dE_dw, from, to, atOnce) {
    const { x, dE_dx, net: { nUnits, nWeights, nLevels, levels }, arithmetic: { fma } } = this;
    for (let first = from; first < to; first += atOnce) {
      const start = first * nUnits, end = Math.min(first + atOnce, to) * nUnits;
      for (let level = 0; level < nLevels; level++) {
        let total = dE_dw[nWeights + level];
        for (let j = levels[level]; j < levels[level + 1]; j++) {
          for (let row = start; row < end; row += nUnits) total = fma(dE_dx[row + j], x[row + j], total);
        }
        dE_dw[nWeights + level] = total;
      }
    }
  }
}
