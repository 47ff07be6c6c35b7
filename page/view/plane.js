/** To come. */
export function planePart(root) {
  root.hidden = true;
  return () => {};
}
