/** The score, a page at a time. */

const FONTS = /<style[^>]*>\s*@font-face.*?<\/style>/gs;

/**
 * Takes apart the picture in which the service puts a score's pages below each other. As text, since
 * the page's policy holds for documents that it parses, and forbids the styles that are in them.
 * @param {string} picture SVG; a page begins with its place.
 * @returns {Blob[]} A picture for each page.
 */
export function pages(picture) {
  const fonts = (picture.match(FONTS) ?? []).join(""); // only the first page has them
  const placed = picture.slice(0, picture.lastIndexOf("</svg>")).split(/(?=<svg y=")/).slice(1);
  return placed.map((page, number) => {
    const whole = number ? page.replace(">", `>${fonts}`) : page;
    return new Blob([whole.replace(/ y="[^"]*"/, "")], { type: "image/svg+xml" });
  });
}
