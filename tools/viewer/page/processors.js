// tools/viewer/page/processors.js - the episode's time with a lane for each processor: what it runs,
// what happens on it, and who asks whose TLB to forget something. Only pages of recordings of several
// processors have this part and its style: it stands before the others.
"use strict";

// Who has asked for an answer, by the answer; and the answer, by the request.
const askerOf = new Map(), answerOf = new Map(), asking = new Map();
// What a processor runs from which events on, ascending: 0 is nobody, also after an environment's end.
const runs = new Map();
const idles = new Map(); // processor -> when it began and ceased to idle, ascending
const leftBy = new Map(); // an environment's end -> the processor that ran it
function runFrom(event, processor, environment) {
  if (!runs.has(processor)) runs.set(processor, { from: [], environments: [] });
  runs.get(processor).from.push(event);
  runs.get(processor).environments.push(environment);
}

function noteProcessor(event, name) {
  const processor = processorOf[event];
  if (name === "shootdown_sent") asking.set(valueOf(event, "target"), event);
  else if (name === "shootdown_answered" && asking.has(processor)) {
    askerOf.set(event, processorOf[asking.get(processor)]);
    answerOf.set(asking.get(processor), event);
    asking.delete(processor);
  } else if (name === "idle") {
    if (!idles.has(processor)) idles.set(processor, { begins: [], ends: [] });
    idles.get(processor).begins.push(timeOf[event] - valueOf(event, "ticks"));
    idles.get(processor).ends.push(timeOf[event]);
  } else if (name === "environment_switched") runFrom(event, processor, valueOf(event, "to"));
  else if (name === "environment_ended")
    for (const [each, { environments }] of runs)
      if (environments.at(-1) === valueOf(event, "environment")) {
        leftBy.set(event, each);
        runFrom(event, each, 0);
      }
}

const timeline = { places: [], pointer: null };
const laneHeight = 34, laneTop = 4;

// What `processor` runs from the event `from` to `to`: pieces of { begin, end, environment }, events.
function piecesOf(processor, from, to) {
  const ran = runs.get(processor) ?? { from: [], environments: [] }, pieces = [];
  let at = lastBefore(ran.from, from + 1), begin = from;
  for (; begin < to; ++at) {
    const end = Math.min(ran.from[at + 1] ?? to, to);
    pieces.push({ begin, end, environment: ran.environments[at] ?? 0 });
    begin = end;
  }
  return pieces;
}

// The state of a processor, for the panel: which one, and what the event says of it.
const processorThings = event => leftBy.has(event) || /^(environment_switched|shootdown_\w+)$/.test(nameOf(event))
  ? [["processor", 0, leftBy.get(event) ?? valueOf(event, "target") ?? processorOf[event]]] : [];
function stateOfProcessor(event) {
  const name = nameOf(event);
  return name === "shootdown_sent" ? "has to flush its TLB"
    : name === "shootdown_answered" ? "has flushed its TLB" : `runs ${laneName(valueOf(event, "to") ?? 0)}`;
}

function addLanes() {
  sections.processor = () => "Processors";
  show.processor = stateOfProcessor;
  const key = name => element("kbd", {}, name);
  $("strip").parentElement.after(element("section", { class: "card", id: "lanes-card", "aria-label": "Processors" },
    element("div", { id: "lanes" }), element("p", { class: "quiet" }, "A lane for each processor: whom it runs, " +
      "when it idles, its events as dots. Arrows ask another processor to flush its TLB; dashed ones answer.")));
  $("costs").before(key(","), " ", key("."), " event before and after on the same processor. ");
  $("lanes").addEventListener("click", event => {
    const box = $("lanes").getBoundingClientRect();
    stop();
    go(rowAtLanes(event.clientX - box.left, event.clientY - box.top));
  });
}
const laneKeys = {
  ",": () => go(rowOnProcessor(view.episode, view.current, -1)),
  ".": () => go(rowOnProcessor(view.episode, view.current, 1)),
};

function drawLanes(episode, hidden) {
  const { rows } = episode, box = $("lanes"), width = box.clientWidth, wide = width > 520;
  const gutter = wide ? 92 : 22, room = width - gutter - 6, total = Math.max(1, strip.total);
  const x = place => gutter + place / total * room;
  const xOf = row => x(strip.ends[row]);
  const y = processor => laneTop + (data.processors.indexOf(processor) + .5) * laneHeight;
  // What is between two rows lies between them as its time does.
  const times = rows.map(({ event }) => timeOf[event]);
  const xAt = time => {
    const row = lastBefore(times, time + 1);
    if (row < 0) return x(0);
    if (row === rows.length - 1) return x(total);
    return xOf(row) + (time - times[row]) / (times[row + 1] - times[row]) * (xOf(row + 1) - xOf(row));
  };
  const shown = rows.slice(0, hidden), last = shown.length ? shown.at(-1).event : rows[0].event;
  const height = data.processors.length * laneHeight + 2 * laneTop;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img" });
  const said = [];
  const stretch = (left, right, middle, kind, name, title) => {
    picture.append(svg("rect", { class: kind, x: left, y: middle - 12, width: Math.max(right - left, 1), height: 24 },
      svg("title", {}, title)));
    if (widthOf(name, 11) + 8 < right - left)
      picture.append(svg("text", { "font-size": 11, x: left + 4, y: middle - 1, class: "ran" }, name));
  };
  for (const processor of data.processors) {
    const middle = y(processor), ran = [];
    picture.append(fittedText(wide ? `processor ${processor}` : String(processor), 12.5, gutter - 4,
      { x: 2, y: middle + 4, class: "lane-name" }));
    for (const { begin, end, environment } of piecesOf(processor, rows[0].event, Math.max(last, rows[0].event + 1))) {
      ran.push(laneName(environment));
      const left = begin === rows[0].event ? x(0) : xAt(timeOf[begin]);
      stretch(left, xAt(timeOf[end]), middle, environment ? "runs" : "runs nobody",
        environment ? laneHead(environment) : "nobody", `${ran.at(-1)} on processor ${processor}`);
    }
    const { begins, ends } = idles.get(processor) ?? { begins: [], ends: [] };
    for (let at = lastBefore(ends, times[0] + 1) + 1; begins[at] < timeOf[last]; ++at)
      stretch(xAt(begins[at]), xAt(Math.min(ends[at], timeOf[last])), middle, "runs idle", "idle", `processor ${processor} idles`);
    said.push(`processor ${processor} runs ${[...new Set(ran)].join(", then ")}`);
  }
  // Events lie on the lower half of their lane, arrows lead from lane to lane.
  timeline.places = rows.map(({ event }, row) => ({ x: xOf(row), y: y(processorOf[event]) + 5 }));
  const rowsOf = new Map(rows.map(({ event }, row) => [event, row]));
  let requests = 0, answers = 0;
  shown.forEach(({ event }, row) => {
    const at = timeline.places[row];
    picture.append(svg("circle", { class: `at ${laneClass(actorOf(event))}`, cx: at.x, cy: at.y, r: 3.5, "data-row": row }));
    if (nameOf(event) === "shootdown_sent") {
      ++requests;
      const answer = rowsOf.get(answerOf.get(event));
      const arrival = answer < hidden ? timeline.places[answer].x : at.x;
      picture.append(arrowBetween(at.x, at.y, arrival, y(valueOf(event, "target")) + 5, "asks"));
    } else if (nameOf(event) === "shootdown_answered" && askerOf.has(event)) {
      ++answers;
      picture.append(arrowBetween(at.x, at.y, at.x, y(askerOf.get(event)) + 5, "answers"));
    }
  });
  const flushes = requests ? `; ${plural(requests, "request")} to flush a TLB, ${plural(answers, "answer")}` : "";
  picture.setAttribute("aria-label", said.join("; ") + flushes);
  timeline.pointer = svg("g", { class: "lane-pointer" }, svg("line", { y1: 0, y2: height }), svg("circle", { r: 6 }));
  picture.append(timeline.pointer);
  box.replaceChildren(picture);
}

// From lane to lane, with a tip at its end; its ends keep clear of the marks.
function arrowBetween(x1, y1, x2, y2, kind) {
  const length = Math.max(1, Math.hypot(x2 - x1, y2 - y1)), dx = (x2 - x1) / length, dy = (y2 - y1) / length;
  const tipX = x2 - 4 * dx, tipY = y2 - 4 * dy, backX = tipX - 8 * dx, backY = tipY - 8 * dy;
  return svg("g", { class: kind }, svg("line", { x1: x1 + 4 * dx, y1: y1 + 4 * dy, x2: backX, y2: backY }),
    svg("path", { d: `M${tipX} ${tipY}L${backX - 4 * dy} ${backY + 4 * dx}L${backX + 4 * dy} ${backY - 4 * dx}z` }));
}

function markLanes(current) {
  const { x, y } = timeline.places[current], [line, ring] = timeline.pointer.children;
  for (const end of ["x1", "x2"]) line.setAttribute(end, x);
  ring.setAttribute("cx", x);
  ring.setAttribute("cy", y);
}
// The row whose mark is closest to a point.
function rowAtLanes(x, y) {
  const far = ({ x: left, y: top }) => Math.hypot(left - x, 4 * (top - y));
  return timeline.places.reduce((best, place, row) => far(place) < far(timeline.places[best]) ? row : best, 0);
}
// The row before (by = -1) or after it on the same processor; itself if there is none.
function rowOnProcessor({ rows }, current, by) {
  for (let row = current + by; rows[row]; row += by)
    if (processorOf[rows[row].event] === processorOf[rows[current].event]) return row;
  return current;
}
