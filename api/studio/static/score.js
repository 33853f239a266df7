/** The score, a page at a time. */

/**
 * Takes apart the picture in which the service puts a score's pages below each other. As text, since
 * the page's policy holds for documents that it parses, and forbids the styles that are in them.
 * @param {string} picture SVG; a page begins with its place.
 * @returns {Blob[]} A picture for each page.
 */
export function pages(picture) {
  const placed = picture
    .slice(0, picture.lastIndexOf("</svg>"))
    .split(/(?=<svg y=")/)
    .slice(1);
  return placed.map(
    (page) => new Blob([page.replace(/ y="[^"]*"/, "")], { type: "image/svg+xml" }),
  );
}
