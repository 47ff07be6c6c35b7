/** To come. */
export function peoplePart(root) {
  root.hidden = true;
  return () => {};
}
