/**
 * The engine as a page has it: a run at hand, or in a worker.
 */

export { fma, fma32 } from "./fma.js";
export { History } from "./history.js";
export { isAsPublished, rowOf } from "./published.js";
export { Run } from "./train.js";
export { Trainer } from "./trainer.js";
