/**
 * E as a function of one weight: a pass forward through all trained cases, in the engine's own arithmetic.
 */

import { ARITHMETICS } from "../../engine/arithmetic.js";
import { SquaredError } from "../../engine/error.js";
import { Net } from "../../engine/net.js";
import { Pass } from "../../engine/pass.js";

/** Half the distance of the two weights whose E measure the slope; float32 has fewer digits to lose. */
const APART = { float64: 2 ** -13, float32: 2 ** -6 };

/** The units of the last digit by which E may be off: it is a sum of many terms. */
const UNITS = 4;

export class ErrorOver {
  /**
   * @param {import("../../engine/replay.js").Replay} replay
   * @param {Uint8Array} trained
   */
  constructor(replay, trained) {
    const { recipe: { dtype }, wiring, cases } = replay;
    this.pass = new Pass(new Net(wiring), cases.inputs, ARITHMETICS[dtype]);
    this.error = new SquaredError(replay, this.pass, trained);
    this.apart = APART[dtype];
    /** The unit of the last digit of 1. */
    this.unit = dtype === "float32" ? 2 ** -23 : 2 ** -52;
    /** The multiplications of one E. */
    this.cost = wiring.source.length * cases.inputs.length;
  }

  /**
   * Return E with one weight moved.
   * @param {import("../../engine/pass.js").Numbers} w
   * @param {number} parameter
   * @param {number} by
   * @returns {number}
   */
  at(w, parameter, by) {
    const { pass, error } = this, moved = w.slice();
    moved[parameter] += by;
    pass.forward(moved, 0, pass.nCases);
    error.compare(0, pass.nCases);
    error.add();
    return error.E;
  }

  /**
   * Return how far a measured slope may be off because E is rounded: by a few units of its last digit.
   * @param {number} E
   * @returns {number}
   */
  doubt(E) {
    return (UNITS * this.unit * Math.abs(E)) / (2 * this.apart);
  }

  /**
   * Return the slope of E over one weight, measured: the central difference.
   * @param {import("../../engine/pass.js").Numbers} w
   * @param {number} parameter
   * @returns {number}
   */
  slope(w, parameter) {
    const up = w.slice(), down = w.slice();
    up[parameter] += this.apart;
    down[parameter] -= this.apart;
    return (this.at(up, parameter, 0) - this.at(down, parameter, 0)) / (up[parameter] - down[parameter]);
  }
}
