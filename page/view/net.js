/** To come. */
export function netPart(root) {
  root.hidden = true;
  return () => {};
}
