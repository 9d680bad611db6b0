// tools/viewer/page/diagram.js - who does what to whom: a lane for each party, a row for each event.

const rowHeight = 36, gapHeight = 26, headHeight = 40, gutter = 34, labelSize = 12.5;

const diagram = { groups: [], marked: -1 };

function drawDiagram(episode, hidden) {
  const box = $("diagram"), lanes = episode.lanes;
  const width = Math.max(box.clientWidth, 300, gutter + 60 * lanes.length);
  Object.assign(diagram, { groups: [], marked: -1 });
  const costWidth = width > 520 ? 92 : 0, laneWidth = (width - gutter - costWidth) / lanes.length;
  const middle = lane => gutter + (lanes.indexOf(lane) + 0.5) * laneWidth;

  const tops = [];
  let height = 4;
  for (const row of episode.rows) {
    if (row.waited) height += gapHeight;
    tops.push(height);
    height += rowHeight;
  }
  height += 10;

  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
                               "aria-label": `${episode.rows.length} events between ` +
                                 lanes.map(laneName).join(", ") });
  // The heads are a picture of their own: they stay when the rest scrolls.
  const heads = svg("svg", { viewBox: `0 0 ${width} ${headHeight}`, width, height: headHeight,
                             class: "heads", "aria-hidden": "true" });
  for (const lane of lanes) {
    const x = middle(lane), half = Math.min(laneWidth / 2 - 3, 74);
    const name = laneWidth < 84 ? laneName(lane).replace(/^(libOS|environment) /, "") : laneName(lane);
    picture.append(svg("line", { x1: x, x2: x, y1: 0, y2: height, class: "life" }));
    heads.append(svg("g", { class: `head ${laneClass(lane)}` },
      svg("line", { x1: x, x2: x, y1: 32, y2: headHeight, class: "life" }),
      svg("rect", { x: x - half, y: 6, width: 2 * half, height: 26, rx: 6 }),
      fittedText(name, laneWidth < 84 ? 11 : 13, 2 * half - 4,
                 { x, y: 24, "text-anchor": "middle" })));
  }
  let step = -1;
  episode.rows.forEach((row, index) => {
    const group = svg("g", { class: "row", "data-row": index });
    const top = tops[index];
    group.append(svg("rect", { class: "tint", x: 1, y: top, width: width - 2, height: rowHeight - 1,
                               rx: 6 }));
    if (row.step !== step && row.step !== 0) {
      const number = data.steps[row.step][0];
      group.append(svg("g", { class: "step" },
        svg("circle", { cx: 17, cy: top + rowHeight / 2, r: 12 }),
        fittedText(number, 12, 22, { x: 17, y: top + rowHeight / 2 + 4, "text-anchor": "middle" })));
    }
    step = row.step;
    if (row.waited)
      picture.append(fittedText(`${grouped(row.waited)} instructions of others, or waiting`, 11.5,
        width - gutter - 10,
        { x: gutter + (width - gutter) / 2, y: top - 8, "text-anchor": "middle", class: "waited" }));
    if (index < hidden) drawEvent(group, row, top, { lanes, middle, width, costWidth });
    else group.append(svg("text", { x: gutter + (width - gutter) / 2, y: top + 23, class: "hidden",
                                    "text-anchor": "middle", "font-size": labelSize }, "?"));
    picture.append(group);
    diagram.groups.push(group);
  });
  box.replaceChildren(heads, picture);
}

function drawEvent(group, row, top, { middle, width, costWidth }) {
  const { event } = row, from = laneOf(event, "from"), to = laneOf(event, "to");
  const y = top + 26, x1 = middle(from), x2 = middle(to);
  group.classList.add(laneClass(actorOf(event)));
  if (from === to) group.append(svg("rect", { class: "alone", x: x1 - 5, y: y - 5, width: 10,
                                              height: 10, rx: 3 }));
  else {
    const way = Math.sign(x2 - x1), tip = x2 - 2 * way;
    group.append(svg("circle", { class: "tail", cx: x1, cy: y, r: 3 }),
      svg("line", { class: "arrow", x1, x2: tip - 7 * way, y1: y, y2: y }),
      svg("path", { class: "tip", d: `M${tip} ${y}l${-9 * way} -4.5v9z` }));
  }
  // The label stands over its arrow, moved aside where the picture ends.
  const label = labelOf(event), room = width - gutter - costWidth - 12;
  const half = Math.min(widthOf(label, labelSize), room) / 2;
  const alone = from === to && half < laneRoom(middle, x1, width - costWidth);
  const x = alone ? x1 + 11 + half : (x1 + x2) / 2;
  const centre = Math.min(Math.max(x, gutter + half + 4), width - costWidth - half - 6);
  group.append(fittedText(label, labelSize, room,
    { class: "label", x: centre, y: alone ? y + 4 : top + 15, "text-anchor": "middle" }));
  if (costWidth && row.cost)
    group.append(fittedText(grouped(row.cost), 11, costWidth - 12,
      { class: "cost", x: width - 8, y: y - 3, "text-anchor": "end" }));
}
// Half of what is free at the right of a lane's mark.
const laneRoom = (middle, x, end) => (end - x - 18) / 2;

// Marks what has happened, is current and is still to come; only what changes is touched.
function markDiagram(current) {
  const { groups, marked } = diagram, fresh = marked < 0;
  const begin = fresh ? 0 : Math.min(marked, current);
  const end = fresh ? groups.length - 1 : Math.max(marked, current);
  for (let index = begin; index <= end; ++index)
    groups[index].dataset.when = index === current ? "current" : index > current ? "future" : "past";
  diagram.marked = current;
}
function scrollDiagram(current) {
  const group = diagram.groups[current];
  if (!group) return;
  const card = $("diagram-card"), box = group.getBoundingClientRect(), seen = card.getBoundingClientRect();
  if (card.scrollHeight <= card.clientHeight + 2) return;
  if (box.top < seen.top + 60) card.scrollTop -= seen.top + 60 - box.top;
  else if (box.bottom > seen.bottom - 60) card.scrollTop += box.bottom - seen.bottom + 60;
}
