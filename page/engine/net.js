/**
 * A wiring as lists of numbers, in the order in which sums are taken.
 */

/** @typedef {import("./replay.js").Wiring} Wiring */

export class Net {
  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.nUnits = wiring.units.length;
    this.nInputs = wiring.n_inputs;
    this.nWeights = wiring.n_weights;
    this.hasGains = wiring.has_gains;
    this.outputs = Int32Array.from(wiring.outputs);
    /** The first unit of each level, and the number of units. */
    this.levels = [...wiring.levels, this.nUnits];
    /** The connections by the unit that they lead to, then by the unit that they come from. */
    this.source = Int32Array.from(wiring.source);
    this.target = Int32Array.from(wiring.target);
    this.parameter = Int32Array.from(wiring.parameter);
    /** The first connection into each unit, and the number of connections. */
    this.into = starts(this.target, this.nUnits);
    /** The connections by the unit that they come from, then by the unit that they lead to; the first of each unit. */
    this.bySource = Int32Array.from(this.source.keys()).sort((a, b) => this.source[a] - this.source[b] || a - b);
    this.outOf = starts(this.bySource.map((k) => this.source[k]), this.nUnits);
    this.nLevels = wiring.levels.length;
    this.nParameters = this.nWeights + (this.hasGains ? this.nLevels : 0);
    /** The level of each computed unit. */
    this.levelOfUnit = new Int32Array(this.nUnits);
    this.levels.forEach((first, level) => this.levelOfUnit.fill(level, first));
    /** The first level in which each weight is used. */
    this.levelOfWeight = new Int32Array(this.nWeights);
    for (let k = this.target.length - 1; k >= 0; k--) {
      this.levelOfWeight[this.parameter[k]] = this.levelOfUnit[this.target[k]];
    }
  }
}

/**
 * Return the place of the first of each unit in a list of units that never decreases, and its length.
 * @param {Int32Array} units
 * @param {number} nUnits
 * @returns {Int32Array}
 */
function starts(units, nUnits) {
  const found = new Int32Array(nUnits + 1);
  for (const unit of units) found[unit + 1] += 1;
  for (let unit = 0; unit < nUnits; unit++) found[unit + 1] += found[unit];
  return found;
}
