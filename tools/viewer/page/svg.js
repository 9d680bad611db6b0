// tools/viewer/page/svg.js - elements, and texts that stay in their boxes.

const $ = id => document.getElementById(id);

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  made.append(...children);
  return made;
}
function svg(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  made.append(...children);
  return made;
}

const measure = document.createElement("canvas").getContext("2d");
const fontFamily = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', sans-serif";
// Measured bold and with room to spare: the current row is bold.
function widthOf(text, size) {
  measure.font = `700 ${size}px ${fontFamily}`;
  return measure.measureText(text).width * 1.03 + 1;
}
// The text, shortened to fit `width`; the whole one is its tooltip then.
function fittedText(text, size, width, attributes) {
  let part = text;
  while (part.length > 1 && widthOf(part, size) > width)
    part = part.slice(0, Math.max(1, Math.min(part.length - 2,
      Math.floor(part.length * width / widthOf(part, size))))) + "…";
  const made = svg("text", { "font-size": size, ...attributes }, part);
  if (part !== text) made.append(svg("title", {}, text));
  return made;
}
