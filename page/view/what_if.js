/** To come. */
export function whatIfPart(root) {
  root.hidden = true;
  return () => {};
}
