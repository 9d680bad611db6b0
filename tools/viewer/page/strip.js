// tools/viewer/page/strip.js - the episode to scale: how long each party was at work, and waiting.

const strip = { marks: [], ends: [], total: 0 };

function drawStrip(episode, hidden) {
  const work = new Map(), picture = svg("svg", { viewBox: "0 0 1000 34", preserveAspectRatio: "none",
    role: "img", "aria-label": "Time of the episode, by who was at work" });
  const total = Math.max(1, episode.rows.reduce((sum, row) => sum + row.cost + row.waited, 0));
  const scale = 1000 / total;
  let at = 0, waited = 0;
  strip.marks = [];
  strip.ends = [];
  strip.total = total;
  episode.rows.forEach((row, index) => {
    if (row.waited)
      picture.append(svg("rect", { class: "wait", x: at * scale, y: 6, width: row.waited * scale,
                                   height: 20 }));
    at += row.waited;
    waited += row.waited;
    const actor = actorOf(row.event), told = index < hidden;
    const mark = svg("rect", { class: told ? `part ${laneClass(actor)}` : "part", x: at * scale, y: 6,
                               width: row.cost * scale, height: 20 });
    picture.append(mark);
    strip.marks.push([at, row.cost]);
    at += row.cost;
    strip.ends.push(at);
    if (told) work.set(actor, (work.get(actor) || 0) + row.cost);
  });
  strip.pointer = svg("rect", { class: "pointer", y: 0, height: 34, rx: 1 });
  picture.append(strip.pointer);
  $("strip").replaceChildren(picture);
  $("strip").hidden = !at; // one event, and what came before it was others'

  const legend = [];
  for (const lane of episode.lanes)
    legend.push(chip(laneClass(lane), laneName(lane), work.get(lane)));
  if (waited) legend.push(chip("wait", "others, or waiting", waited));
  legend.push(element("span", {}, at ? `${plural(at, "instruction")} in all` : "no cost of its own"));
  $("legend").replaceChildren(...legend);
}
const chip = (kind, name, count) =>
  element("span", {}, element("i", { class: `key ${kind}` }), count ? `${name} ${grouped(count)}` : name);

function markStrip(current) {
  const [at, length] = strip.marks[current], scale = 1000 / strip.total;
  const least = 2000 / Math.max(300, $("strip").clientWidth); // 2 pixels
  strip.pointer.setAttribute("x", Math.min(at * scale, 1000 - least));
  strip.pointer.setAttribute("width", Math.max(length * scale, least));
}
// The row at a place of the strip, from 0 to 1.
function rowAtStrip(place) {
  const row = strip.ends.findIndex(end => end >= place * strip.total);
  return row < 0 ? strip.ends.length - 1 : row;
}
