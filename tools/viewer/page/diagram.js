// tools/viewer/page/diagram.js - who does what to whom: a lane for each party, a row for each event.

const rowHeight = 36, gapHeight = 26, headHeight = 40, gutter = 34, labelSize = 12.5;
const pictureRows = 6;

const diagram = { groups: [], marked: -1 };

function drawDiagram(episode, hidden) {
  const box = $("diagram"), lanes = episode.lanes, { rows } = episode;
  const wide = box.clientWidth > 520, widest = Math.max(...rows.map(({ cost }) => cost));
  const costWidth = wide ? widthOf(grouped(widest), 11) + 16 : 0;
  // No head is cut: small ones are tried, then the picture is wider than its box.
  let headSize = wide ? 13 : 11, needs, left;
  for (; ; headSize = 11) {
    needs = lanes.map(lane => widthOf(laneHead(lane), headSize) + 10);
    left = box.clientWidth - gutter - costWidth - needs.reduce((sum, need) => sum + need);
    if (left >= 0 || headSize === 11) break;
  }
  const spare = Math.max(left / lanes.length, 0), width = Math.ceil(box.clientWidth + Math.max(-left, 0));
  let edge = gutter;
  const middles = needs.map(need => (edge += need + spare) - (need + spare) / 2);
  const middle = lane => middles[lanes.indexOf(lane)];
  const drawing = { middle, width, costWidth };

  const tops = []; // of what belongs to each row
  let height = 4;
  for (const row of rows) {
    tops.push(height);
    height += (row.waited ? gapHeight : 0) + rowHeight;
  }
  tops.push(height + 10);
  box.setAttribute("aria-label", `${rows.length} events between ` + lanes.map(laneName).join(", "));

  // The heads are a picture of their own: they stay when the rest scrolls.
  const heads = svg("svg", { viewBox: `0 0 ${width} ${headHeight}`, width, height: headHeight, class: "heads" });
  for (const lane of lanes) {
    const x = middle(lane), half = Math.min((needs[lanes.indexOf(lane)] + spare) / 2 - 2, 74);
    heads.append(svg("g", { class: `head ${laneClass(lane)}` }, svg("title", {}, laneName(lane)),
      svg("line", { x1: x, x2: x, y1: 32, y2: headHeight, class: "life" }),
      svg("rect", { x: x - half, y: 6, width: 2 * half, height: 26, rx: 6 }),
      svg("text", { "font-size": headSize, x, y: 24, "text-anchor": "middle" }, laneHead(lane))));
  }
  // So are every few rows: paper breaks between pictures only.
  const pictures = [];
  for (let begin = 0; begin < rows.length; begin += pictureRows) {
    const end = Math.min(begin + pictureRows, rows.length);
    const top = begin ? tops[begin] : 0, deep = tops[end] - top;
    const picture = svg("svg", { viewBox: `0 ${top} ${width} ${deep}`, width, height: deep });
    for (const lane of lanes)
      picture.append(svg("line", { x1: middle(lane), x2: middle(lane), y1: top, y2: top + deep, class: "life" }));
    for (let index = begin; index < end; ++index)
      drawRow(picture, episode, index, tops[index], index < hidden, drawing);
    pictures.push(picture);
  }
  box.replaceChildren(heads, ...pictures);
}

function drawRow(picture, { rows }, index, above, told, drawing) {
  const row = rows[index], { width } = drawing, top = above + (row.waited ? gapHeight : 0);
  const group = svg("g", { class: "row", "data-row": index });
  group.append(svg("rect", { class: "tint", x: 1, y: top, width: width - 2, height: rowHeight - 1, rx: 6 }));
  if (row.step !== 0 && row.step !== rows[index - 1]?.step)
    group.append(svg("g", { class: "step" },
      svg("circle", { cx: 17, cy: top + rowHeight / 2, r: 12 }),
      fittedText(data.steps[row.step][0], 12, 22,
                 { x: 17, y: top + rowHeight / 2 + 4, "text-anchor": "middle" })));
  if (row.waited)
    picture.append(fittedText(`${plural(row.waited, "instruction")} of others, or waiting`, 11.5,
      width - gutter - 10,
      { x: gutter + (width - gutter) / 2, y: top - 8, "text-anchor": "middle", class: "waited" }));
  if (told) drawEvent(group, row, top, drawing);
  else group.append(svg("text", { x: gutter + (width - gutter) / 2, y: top + 23, class: "hidden",
                                  "text-anchor": "middle", "font-size": labelSize }, "?"));
  picture.append(group);
  diagram.groups.push(group);
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
