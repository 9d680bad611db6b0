// tools/viewer/page/panel.js - the event in a sentence, its fields, the state after it, its source.

const manyRows = 60, recentRows = 16, mostThings = 60;

function showNow(episode, current, told) {
  const row = episode.rows[current], { event } = row, shape = shapeAt(event);
  const [number, title] = data.steps[row.step] || ["-", "unknown step"];
  const lane = actorOf(event), parts = [];
  parts.push(element("h2", {}, row.step ? `Step ${number}: ${title}` : "Beside the steps"));
  if (!told) {
    parts.push(element("p", { class: "quiet" }, "Hidden until you have guessed."));
    $("now").replaceChildren(...parts);
    return;
  }
  parts.push(element("p", { class: "sentence" },
    element("b", { class: `who ${laneClass(lane)}` }, laneName(lane)), " ", sentenceOf(event)));
  const cost = row.cost ? plural(row.cost, "instruction") : "no cost of its own";
  const facts = several ? [`on processor ${processorOf[event]}`, cost] : [cost];
  if (row.waited) facts.push(`${grouped(row.waited)} of others or waiting before`);
  facts.push(`event ${grouped(event)} of the recording, ${grouped(timeOf[event])} after kernel entry`,
             shape.claim ? "a claim of the libOS" : "a fact of the exokernel");
  parts.push(element("p", { class: "quiet" }, facts.join(" · ")));
  const list = element("dl", {});
  for (const [name, text] of fieldsOf(event))
    list.append(element("div", {}, element("dt", {}, name.replace(/_/g, " ")), element("dd", {}, text)));
  parts.push(element("details", { id: "fields" }, element("summary", {}, `Recorded as ${shape.name}`), list));
  if ($("fields")?.open) parts[parts.length - 1].open = true;
  $("now").replaceChildren(...parts);
}

// What the episode has touched up to `current` or, if all may be seen, touches at all.
function thingsIn(episode, current, all) {
  const from = episode.rows.length > manyRows ? Math.max(0, current - recentRows) : 0;
  const to = all && episode.rows.length <= manyRows ? episode.rows.length - 1 : current;
  const found = new Map();
  for (let row = to; row >= from && found.size < mostThings; --row)
    for (const [section, environment, thing] of [...thingsOf(episode.rows[row].event),
                                                 ...thingsOf(episode.rows[row].event, reads)])
      found.set(`${section} ${environment} ${thing}`, [section, environment, thing]);
  return [...found.values()];
}

function showState(episode, current, all) {
  const event = current < 0 ? -1 : episode.rows[current].event, groups = new Map();
  const order = Object.keys(sections);
  const things = current < 0 ? [] : thingsIn(episode, current, all);
  const rank = name => name === "free" ? "fault" : name === "bits" ? "page" : name;
  things.sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]) || a[1] - b[1] ||
    (a[2] < b[2] ? -1 : 1));
  for (const [section, environment, thing] of things) {
    const heading = sections[rank(section)](environment);
    if (!groups.has(heading)) groups.set(heading, []);
    const writer = writerOf(section, environment, thing, event);
    groups.get(heading).push(stateRow(thingName(section, thing, environment),
      writer === undefined ? "–" : show[section](writer, thing, environment), writer, event,
      event >= 0 && thingsOf(event, reads).some(([, owner, read]) => owner === environment && read === thing)));
  }
  const flying = inFlight.at[lastBefore(inFlight.at, event + 1)];
  if (groups.has("I/O requests") && flying !== undefined)
    groups.get("I/O requests").push(stateRow("in flight",
      String(inFlight.value[lastBefore(inFlight.at, event + 1)]), flying, event));
  const parts = [element("h2", {}, "State after it")];
  if (!groups.size) parts.push(element("p", { class: "quiet" }, "Nothing has been touched yet."));
  const table = element("table", {}, element("thead", {}, element("tr", {},
    ...["what", "value", "written by"].map(text => element("th", { scope: "col" }, text)))));
  for (const [heading, rows] of groups)
    table.append(element("tbody", {},
      element("tr", {}, element("th", { colspan: 3, scope: "rowgroup" }, heading)), ...rows));
  if (groups.size) parts.push(table);
  $("state").replaceChildren(...parts);
}

function stateRow(name, value, writer, event, used) {
  const changed = writer !== undefined && writer === event;
  const link = element("td", {});
  if (changed) link.append("this event");
  else if (writer !== undefined) {
    const place = placeOf(writer);
    link.append(element("button", { class: "link", "data-event": writer },
      place.kind === view.episode.kind && place.number === view.episode.number
        ? `event ${place.row + 1}`
        : `${kinds[place.kind].one.toLowerCase()} ${grouped(place.number)}, event ${place.row + 1}`));
  }
  if (used) link.append(element("div", {}, "used by this event"));
  return element("tr", changed || used ? { class: "changed" } : {}, element("th", { scope: "row" }, name),
    element("td", {}, value), link);
}

function showSource(event) {
  const shape = event < 0 ? undefined : shapeAt(event);
  const parts = [element("h2", {}, "Source")];
  if (!shape || !shape.file) parts.push(element("p", { class: "quiet" }, event < 0 ? "Hidden until you have guessed." : "Not known."));
  else {
    for (const excerpt of [shape.policy, shape.source]) if (excerpt) parts.push(...listing(excerpt));
    if (!shape.source) parts.push(element("p", {}, element("code", {}, shape.file)));
  }
  $("source").replaceChildren(...parts);
}
function listing(excerpt) {
  const code = element("pre", { tabindex: 0, role: "region", "aria-label": `Lines of ${excerpt.file}` });
  excerpt.lines.forEach((line, index) => {
    const number = excerpt.first + index;
    code.append(element("span", number === excerpt.marked ? { class: "marked" } : {},
      element("i", {}, String(number).padStart(4)), ` ${line}\n`));
  });
  return [element("p", { class: "file" }, element("code", {}, `${excerpt.file}:${excerpt.marked}`)), code];
}

// Every event in a sentence: for print, and for those who do not see the diagram.
function showTranscript(episode, told) {
  const items = episode.rows.slice(0, told).map((row, index) =>
    element("li", {}, row.step ? element("b", {}, `${data.steps[row.step][0]} `) : "",
      element("span", { class: `who ${laneClass(actorOf(row.event))}` }, laneName(actorOf(row.event))),
      ` ${sentenceOf(row.event)} `, several ? `On processor ${processorOf[row.event]}. ` : "",
      element("a", { href: linkOf(episode, index), class: row.cost ? "quiet" : "quiet bare" },
        row.cost ? plural(row.cost, "instruction") : "link")));
  $("events").replaceChildren(...items);
}
