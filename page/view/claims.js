/**
 * What the texts print of this reading, and our verdict, as the ledger has it.
 */

import { html } from "./elements.js";

/** The claims that are shown at once; the others open on demand. */
const FEW = 3;

/**
 * @param {HTMLElement} root
 */
export function claimsPart(root) {
  const place = html("div", {});
  root.append(place);
  let known = null;
  return ({ replay, library }) => {
    if (replay.reading === known && place.dataset.experiment === replay.experiment) return;
    known = replay.reading;
    place.dataset.experiment = replay.experiment;
    const { claims } = library.readings.find((one) => one.reading === known);
    const findings = html("a", { href: `../findings/${replay.experiment}.html` }, `What we found of ${replay.title}`);
    const rest = claims.slice(FEW), more = html("summary", {}, `${rest.length} more`);
    place.replaceChildren(
      claims.length ? listed(claims.slice(0, FEW)) : html("p", {}, "No claim is judged under this reading."),
      ...(rest.length ? [html("details", {}, more, listed(rest))] : []),
      html("p", {}, findings));
  };
}

function listed(claims) {
  const items = claims.map(({ claim, source, says, verdict, because }) => html("li", {},
    html("a", { href: `gallery.html#${claim}` }, says), ` (${source}) `,
    html("strong", { class: `verdict ${verdict.replaceAll(" ", "-")}` }, verdict), html("br"), because));
  return html("ul", { class: "claims" }, ...items);
}
