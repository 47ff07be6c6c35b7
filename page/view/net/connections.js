/**
 * The connections of a net in numbers, for a reader who wants them.
 */

import { fixed, short, table, whole } from "../elements.js";

/** The most connections in one table: those into a chosen unit are always all there. */
const MOST = 300;

/**
 * Return connection, weight and ∂E/∂w of the chosen unit, or of all units, as a table.
 * @param {import("../main.js").Scene} scene
 */
export function connectionsTable({ replay, now, sweep, unit }) {
  const { wiring } = replay, { units, source, target, parameter } = wiring;
  const every = [...source.keys()].filter((k) => unit === null || target[k] === unit), some = every.slice(0, MOST);
  const numbers = (k) => [fixed(now.state.w[k], 3), short(now.dE_dw[k])];
  const rows = some.map((k) => [nameOf(units, source[k], target[k]), ...numbers(parameter[k])]);
  const gains = wiring.has_gains && unit === null
    ? wiring.levels.map((_, level) => [`gain of level ${level + 1}`, ...numbers(wiring.n_weights + level)]) : [];
  const shared = wiring.n_weights < source.length ? " Connections that share a weight share its ∂E/∂w." : "";
  const first = ` The first ${whole(some.length)} of ${whole(every.length)}: choose a unit to see all of its own.`;
  const rest = every.length > some.length ? first : "";
  const into = unit === null ? "Connections" : `Connections into ${units[unit]}`;
  const words = `${into} after sweep ${whole(sweep)}.${shared}${rest}`;
  return table(words, ["connection", "weight", "∂E/∂w"], [...rows, ...gains]);
}

function nameOf(units, source, target) {
  return source === 0 ? `bias of ${units[target]}` : `${units[source]} → ${units[target]}`;
}
