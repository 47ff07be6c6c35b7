/**
 * The width of an element, known without a question to the browser: a question would make it lay out the page anew
 * after each change, in every part and every frame.
 */

/**
 * Return a function that tells the width of an element.
 * @param {HTMLElement} element
 * @param {() => void} changed  is called when the width has changed
 * @returns {() => number}
 */
export function widthOf(element, changed) {
  let width = 0;
  new ResizeObserver(([{ contentRect }]) => {
    const isNew = contentRect.width !== width;
    width = contentRect.width;
    if (isNew && width) changed();
  }).observe(element);
  return () => width || element.clientWidth;
}
