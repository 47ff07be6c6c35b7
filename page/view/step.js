/** To come. */
export function stepPart(root) {
  root.hidden = true;
  return () => {};
}
